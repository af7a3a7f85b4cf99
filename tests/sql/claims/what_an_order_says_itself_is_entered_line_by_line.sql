-- What it is: entries of what orders say themselves add up to the columns of the orders, and their costs by how well
-- they are known.
-- When it matters: the statement takes these columns as they are, and who looks for its entries would find others.
-- How to resolve it: fct_order_entries, and statement_of_order and costs_of_order in macros/statement.sql.
with

entered as (
    select
        month,
        statement_line as what,
        sum(amount) as amount
    from {{ ref('fct_order_entries') }}
    where is_own
    group by month, statement_line
    union all
    select
        month,
        cost_basis as what,
        sum(abs(amount)) as amount
    from {{ ref('fct_order_entries') }}
    where is_own and cost_basis is not null
    group by month, cost_basis
),

orders as (
    select
        month,
        {{ own_lines() }},
        {{ own_costs() }}
    from {{ ref('fct_orders') }}
    where is_counted
),

said as (
    {% for line in statement_of_order() -%}
    select
        month,
        '{{ line }}' as what,
        sum({{ line }}) as amount
    from orders
    group by month
    union all
    {% endfor -%}
    {% for basis in costs_of_order() -%}
    select
        month,
        '{{ basis }}' as what,
        sum({{ basis }}_costs) as amount
    from orders
    group by month
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    said.month,
    said.what,
    said.amount as said,
    entered.amount as entered
from said
full outer join entered
    on said.month = entered.month
    and said.what = entered.what
where coalesce(said.amount, 0) <> coalesce(entered.amount, 0)
