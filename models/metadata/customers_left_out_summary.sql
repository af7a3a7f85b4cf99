with

left_out as (
    select * from {{ ref('stg_customers_left_out') }}
),

persons as (
    select
        reason,
        count(distinct customer_id) as customer_count
    from left_out
    group by reason
),

orders as (
    select
        left_out.reason,
        left_out.customer_id,
        orders.order_id
    from {{ ref('judged_orders') }} as orders
    inner join left_out on orders.customer_id = left_out.account_id
    where
        orders.fate = 'accepted'
        and {{ known_at('orders.ordered_at') }}
),

order_counts as (
    select
        reason,
        count(distinct customer_id) as customer_count,
        count(*) as order_count
    from orders
    group by reason
),

moneys as (
    select
        orders.reason,
        sum({{ money_of('order_lines') }}) as money
    from {{ ref('judged_order_lines') }} as lines
    inner join orders on lines.order_id = orders.order_id
    where lines.fate = 'accepted'
    group by orders.reason
)

select
    persons.reason,
    persons.customer_count,
    coalesce(order_counts.customer_count, 0) as customers_with_orders,
    coalesce(order_counts.order_count, 0) as order_count,
    cast(coalesce(moneys.money, 0) as decimal(38, 7)) as money
from persons
left join order_counts on persons.reason = order_counts.reason
left join moneys on persons.reason = moneys.reason
