with

orders as (
    select
        order_id,
        customer_id,
        ordered_on,
        month,
        days_since_first_order
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
),

-- The lines that contribution 2 is added up from, and their signs.
lines as (
    select
        statement_lines.statement_line,
        statement_lines.sign
    from {{ ref('statement_lines') }} as statement_lines
    inner join {{ ref('statement_lines') }} as subtotals
        on subtotals.statement_line = 'contribution_2'
        and statement_lines.position < subtotals.position
    where not statement_lines.is_subtotal
),

entries as (
    select
        order_id,
        month,
        statement_line,
        amount
    from {{ ref('fct_order_entries') }}
    where order_id is not null
    union all
    select
        order_id,
        month,
        statement_line,
        amount
    from {{ ref('fct_order_costs') }}
    where order_id is not null
)

select
    orders.customer_id,
    orders.ordered_on,
    orders.days_since_first_order = 0 as is_first_day,
    entries.month as booked_month,
    cast(sum(entries.amount * lines.sign) as decimal(18, 2)) as later_value
from entries
inner join orders
    on entries.order_id = orders.order_id
    and entries.month > orders.month
inner join lines on entries.statement_line = lines.statement_line
group by orders.customer_id, orders.ordered_on, orders.days_since_first_order, entries.month
