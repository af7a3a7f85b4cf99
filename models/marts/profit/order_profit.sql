with

orders as (
    select
        order_id,
        customer_id,
        ordered_at,
        ordered_on,
        month,
        order_number,
        days_since_first_order,
        days_since_previous_order,
        sales_channel,
        delivery_country,
        line_count,
        {{ own_lines('own_') }}
    from {{ ref('fct_orders') }}
    where is_counted
),

-- What an order says itself stands side by side already; what came with it and after it is added up.
entries as (
    select
        order_id,
        statement_line,
        amount
    from {{ ref('fct_order_entries') }}
    where order_id is not null and not is_own
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
),

statements as (
    select
        orders.*,
        {{ own_lines_and_more('orders.', 'pivoted.') }}
    from orders
    left join pivoted on orders.order_id = pivoted.order_id
)

select
    order_id,
    customer_id,
    ordered_at,
    ordered_on,
    month,
    cast(order_number as bigint) as order_number,
    days_since_first_order,
    days_since_previous_order,
    sales_channel,
    delivery_country,
    line_count,
    {{ statement_with_subtotals('statements.') }}
from statements
