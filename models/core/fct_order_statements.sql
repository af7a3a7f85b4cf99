with

entries as (
    select
        order_id,
        statement_line,
        amount
    from {{ ref('fct_order_costs') }}
    where order_id is not null
    union all
    select
        order_id,
        statement_line,
        amount
    from {{ ref('fct_order_entries') }}
    where order_id is not null and not is_own
)

select
    order_id,
    {{ statement_pivoted() }}
from entries
group by order_id
