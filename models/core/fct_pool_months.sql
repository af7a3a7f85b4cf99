with

ledger as (
    select * from {{ ref('fct_cost_pools') }}
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

{{ pool_months() }}
