select
    customer_id,
    month,
    min(order_id) as order_id
from {{ ref('fct_order_driver_units') }}
group by customer_id, month
having count(*) = count(order_id) and min(order_id) = max(order_id)
