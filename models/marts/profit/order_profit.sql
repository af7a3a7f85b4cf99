with

orders as (
    select *
    from {{ ref('fct_orders') }}
    where is_counted
),

entries as (
    select
        order_id,
        statement_line,
        amount
    from {{ ref('fct_order_entries') }}
    where order_id is not null
    union all
    select
        order_id,
        statement_line,
        amount
    from {{ ref('fct_order_costs') }}
    where order_id is not null
),

pivoted as (
    select
        order_id,
        {{ statement_pivoted() }}
    from entries
    group by order_id
)

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    orders.ordered_on,
    orders.month,
    cast(orders.order_number as bigint) as order_number,
    orders.days_since_first_order,
    orders.days_since_previous_order,
    orders.sales_channel,
    orders.delivery_country,
    orders.line_count,
    {{ statement_with_subtotals('pivoted.') }}
from orders
left join pivoted on orders.order_id = pivoted.order_id
