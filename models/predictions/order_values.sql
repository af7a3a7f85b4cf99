-- The one place that says what an order is worth: contribution 2, after what came back and what it cost to send.
select
    order_id,
    customer_id,
    ordered_on,
    days_since_first_order,
    days_since_previous_order,
    contribution_2 as order_value
from {{ ref('order_profit') }}
where customer_id is not null
