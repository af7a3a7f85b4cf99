with

spend as (
    select
        month,
        case
            when purpose in ('retention', 'reactivation') then 'retention_marketing'
            else 'acquisition_marketing'
        end as statement_line,
        sum(amount) as amount
    from {{ ref('fct_marketing_spend') }}
    group by 1, 2
),

assigned as (
    select
        month,
        statement_line,
        sum(amount) as amount
    from {{ ref('fct_profit_entries') }}
    where statement_line in ('retention_marketing', 'acquisition_marketing')
    group by month, statement_line
)

-- Spend that won or kept nobody, and spend on the brand, is nobody's cost but the company's.
select
    spend.month,
    spend.statement_line,
    cast(spend.amount - coalesce(assigned.amount, 0) as decimal(20, 2)) as amount
from spend
left join assigned
    on spend.month = assigned.month
    and spend.statement_line = assigned.statement_line
where spend.amount <> coalesce(assigned.amount, 0)
