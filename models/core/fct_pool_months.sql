with

ledger as (
    select * from {{ ref('fct_cost_pools') }}
),

rules as (
    select * from {{ ref('int_pool_rules') }}
),

used as (
    select
        month,
        pool,
        sum(capacity_used) as capacity_used,
        sum(standard_cost) as standard_cost
    from {{ ref('fct_pool_units') }}
    group by month, pool
),

pool_months as (
    select
        month,
        pool
    from ledger
    union
    select
        month,
        pool
    from used
    where standard_cost > 0
),

stated as (
    select
        pool_months.month,
        pool_months.pool,
        coalesce(rules.statement_line, 'overhead') as statement_line,
        rules.driver,
        ledger.amount as ledger_amount,
        cast(coalesce(ledger.amount, round(used.standard_cost, 2)) as decimal(20, 2)) as amount,
        coalesce(ledger.practical_capacity, rules.practical_capacity) as practical_capacity,
        cast(coalesce(used.capacity_used, 0) as decimal(28, 7)) as capacity_used,
        cast(coalesce(used.standard_cost, 0) as decimal(25, 11)) as standard_cost
    from pool_months
    left join ledger on pool_months.month = ledger.month and pool_months.pool = ledger.pool
    left join rules on pool_months.pool = rules.pool and {{ is_valid_on('pool_months.month', 'rules') }}
    left join used on pool_months.month = used.month and pool_months.pool = used.pool
),

ways as (
    select
        *,
        case
            when ledger_amount is null then 'standard'
            when driver is null then 'no rule'
            when case when driver = 'activities' then standard_cost else capacity_used end = 0 then 'not used'
            when practical_capacity is not null then 'by capacity'
            else 'in full'
        end as way
    from stated
),

assigned as (
    select
        *,
        case
            when way in ('standard', 'in full') then amount
            when way = 'by capacity'
                then {{ money_of_cents(rounded_quotient(
                    whole_number('amount', 2) ~ ' * ' ~ whole_number('capacity_used', 7),
                    whole_number('practical_capacity', 7)
                )) }}
            else cast(0 as decimal(20, 2))
        end as assigned
    from ways
)

select
    month,
    pool,
    statement_line,
    driver,
    way,
    case when way = 'standard' then 'standard' else 'actual' end as cost_basis,
    ledger_amount,
    amount,
    practical_capacity,
    capacity_used,
    standard_cost,
    way = 'standard' or (way = 'in full' and driver = 'activities') as is_shared_by_standard_cost,
    assigned,
    case when way = 'by capacity' then cast(amount - assigned as decimal(20, 2)) else cast(0 as decimal(20, 2)) end
        as idle,
    case when way in ('no rule', 'not used') then amount else cast(0 as decimal(20, 2)) end as unassigned
from assigned
