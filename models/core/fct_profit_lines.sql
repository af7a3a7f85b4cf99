with

entries as (
    select * from {{ ref('fct_profit_entries') }}
),

rollup_rules as (
    select * from {{ ref('int_statement_rollup') }}
)

select
    entries.profit_owner,
    entries.customer_id,
    entries.month,
    rollup_rules.reported_line as statement_line,
    cast(sum(entries.amount * rollup_rules.sign) as decimal(20, 2)) as amount
from entries
inner join rollup_rules on entries.statement_line = rollup_rules.entered_line
group by entries.profit_owner, entries.customer_id, entries.month, rollup_rules.reported_line
