with

open_months as (
    select distinct
        as_of_date,
        month
    from {{ ref('fct_open_driver_units') }}
),

ledger as (
    select
        open_months.as_of_date,
        pools.month,
        pools.pool,
        pools.amount,
        pools.practical_capacity
    from open_months
    inner join {{ ref('fct_cost_pools') }} as pools on open_months.month = pools.month
),

used as (
    select
        as_of_date,
        month,
        pool,
        sum(capacity_used) as capacity_used,
        sum(standard_cost) as standard_cost
    from {{ ref('fct_open_pool_units') }}
    group by as_of_date, month, pool
),

{{ pool_months(['as_of_date']) }}
