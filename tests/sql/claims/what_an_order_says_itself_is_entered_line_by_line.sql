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

months as (
    select
        month,
        {% for line, amount in statement_of_order().items() -%}
        sum({{ amount }}) as {{ line }},
        {% endfor -%}
        {% for basis, costs in costs_of_order().items() -%}
        sum(abs({{ costs | join(') + abs(') }})) as {{ basis }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_orders') }}
    where is_counted
    group by month
),

said as (
    {% for what in statement_of_order().keys() | list + costs_of_order().keys() | list -%}
    select month, '{{ what }}' as what, {{ what }} as amount from months
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
