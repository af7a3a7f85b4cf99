with

orders as (
    select
        customer_id,
        month,
        count(*) as order_count,
        min(order_number) as first_order_number,
        max(order_number) as last_order_number
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
    group by customer_id, month
)

select
    orders.customer_id,
    orders.month,
    cast(orders.order_count as int) as order_count,
    -- The second order happens in one month only, so those who reach it can be added up over months.
    orders.first_order_number <= 2 and orders.last_order_number >= 2 as has_second_order,
    before.customer_id is not null as is_retained
from orders
left join orders as before
    on orders.customer_id = before.customer_id
    and before.month = {{ add_months('orders.month', -1) }}
