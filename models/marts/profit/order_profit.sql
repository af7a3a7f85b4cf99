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

-- No row is left out: every number has a length. DuckDB takes any filter to leave a fifth, that of orders too, and of
-- two tables that it takes to be alike it holds the narrower one in memory: this one.
came_besides as (
    select * from {{ ref('fct_order_statements') }}
    where length(order_id) >= 0
),

-- What an order says itself stands side by side already.
statements as (
    select
        orders.*,
        {{ own_lines_and_more('orders.', 'came_besides.') }}
    from orders
    left join came_besides on orders.order_id = came_besides.order_id
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
