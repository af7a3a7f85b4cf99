with

entries as (
    select order_id, statement_line, amount
    from {{ ref('fct_order_entries') }}
    where order_id is not null
    union all
    select order_id, statement_line, amount
    from {{ ref('fct_order_costs') }}
    where order_id is not null
),

entered as (
    select
        order_id,
        statement_line,
        sum(amount) as amount
    from entries
    group by order_id, statement_line
),

rollup_rules as (
    select * from {{ ref('int_statement_rollup') }}
)

select
    entered.order_id,
    rollup_rules.reported_line as statement_line,
    cast(sum(entered.amount * rollup_rules.sign) as decimal(20, 2)) as amount
from entered
inner join rollup_rules on entered.statement_line = rollup_rules.entered_line
group by entered.order_id, rollup_rules.reported_line
