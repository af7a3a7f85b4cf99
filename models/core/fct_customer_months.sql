with

orders as (
    select
        orders.customer_id,
        orders.month,
        count(*) as order_count,
        min(orders.order_number) as first_order_number,
        max(orders.order_number) as last_order_number,
        -- What is given back later leaves the month as it was.
        count(case when returned.returned_on <= last_day(orders.month) then 1 end) as returned_count
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('fct_returned_orders') }} as returned on orders.order_id = returned.order_id
    where orders.is_counted and orders.customer_id is not null
    group by orders.customer_id, orders.month
)

select
    orders.customer_id,
    orders.month,
    cast(orders.order_count as int) as order_count,
    cast(orders.order_count - orders.returned_count as int) as kept_order_count,
    -- The second order happens in one month only, so those who reach it can be added up over months.
    orders.first_order_number <= 2 and orders.last_order_number >= 2 as has_second_order,
    before.customer_id is not null as is_retained
from orders
left join orders as before
    on orders.customer_id = before.customer_id
    and before.month = {{ add_months('orders.month', -1) }}
