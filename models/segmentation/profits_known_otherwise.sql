with

entries as (
    select *
    from {{ ref('fct_entries_known_otherwise') }}
    where customer_id is not null
),

days as (
    select as_of_date from {{ ref('dim_segment_days') }}
),

known as (
    select
        days.as_of_date,
        entries.customer_id,
        entries.month,
        entries.statement_line,
        entries.amount
    from entries
    inner join days
        on entries.known_from <= days.as_of_date
        and days.as_of_date < entries.known_until
    union all
    select
        as_of_date,
        customer_id,
        month,
        statement_line,
        amount
    from {{ ref('fct_pool_costs_known_otherwise') }}
    where customer_id is not null
    union all
    select
        as_of_date,
        customer_id,
        month,
        statement_line,
        amount
    from {{ ref('fct_bad_debt_known_otherwise') }}
    where customer_id is not null
),

pivoted as (
    select
        as_of_date,
        customer_id,
        month,
        {{ statement_pivoted() }}
    from known
    group by as_of_date, customer_id, month
)

select
    as_of_date,
    customer_id,
    month,
    {{ statement_with_subtotals('') }}
from pivoted
