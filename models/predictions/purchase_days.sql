select
    customer_id,
    ordered_on,
    cast(sum(order_value) as decimal(18, 2)) as day_value
from {{ ref('order_values') }}
group by customer_id, ordered_on
