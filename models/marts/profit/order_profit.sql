with

orders as (
    select *
    from {{ ref('fct_orders') }}
    where is_counted
),

pivoted as (
    select
        order_id,
        {{ statement_pivoted() }}
    from {{ ref('fct_order_profit_lines') }}
    group by order_id
)

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    orders.ordered_on,
    orders.month,
    orders.order_number,
    orders.sales_channel,
    orders.delivery_country,
    orders.line_count,
    {{ statement_filled('pivoted.') }}
from orders
left join pivoted on orders.order_id = pivoted.order_id
