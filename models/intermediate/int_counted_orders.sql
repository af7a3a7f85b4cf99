with

-- An order none of whose lines was accepted has sold nothing yet.
orders_with_lines as (
    select distinct order_id
    from {{ ref('stg_order_line_amounts') }}
)

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    orders.ordered_on,
    orders.currency,
    {{ rate_to_reporting('orders.currency', 'rates.rate_to_reporting') }} as rate_to_reporting
from {{ ref('stg_orders') }} as orders
inner join orders_with_lines on orders.order_id = orders_with_lines.order_id
left join {{ ref('stg_daily_rates') }} as rates
    on orders.currency = rates.currency
    and orders.ordered_on = rates.rate_on
where not orders.is_cancelled
