select units.*
from {{ ref('fct_order_driver_units') }} as units
left join {{ ref('fct_lone_orders') }} as lone_orders
    on units.customer_id is not distinct from lone_orders.customer_id
    and units.month = lone_orders.month
where lone_orders.month is null
