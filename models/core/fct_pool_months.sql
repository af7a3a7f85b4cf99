with

ledger as (
    select * from {{ ref('fct_cost_pools') }}
),

used as (
    select * from {{ ref('fct_pool_month_units') }}
),

{{ pool_months() }}
