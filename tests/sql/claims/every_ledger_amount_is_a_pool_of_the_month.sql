-- What it is: the pools of a month carry what the ledger says, no more and no less.
-- When it matters: a ledger amount was lost, or counted beside the standard rates that it replaces.
-- How to resolve it: fct_pool_months; a pool has two rules at one time, or none of its rows joined.
with

ledger as (
    select
        month,
        sum(amount) as amount
    from {{ ref('fct_cost_pools') }}
    group by month
),

pools as (
    select
        month,
        sum(amount) as amount
    from {{ ref('fct_pool_months') }}
    where ledger_amount is not null
    group by month
)

select
    coalesce(ledger.month, pools.month) as month,
    ledger.amount as in_ledger,
    pools.amount as in_pools
from ledger
full outer join pools on ledger.month = pools.month
where ledger.amount is distinct from pools.amount
