select
    customer_id,
    month,
    driver,
    cast(sum(units) as decimal(18, 3)) as units
from {{ ref('fct_order_driver_units') }}
group by customer_id, month, driver
