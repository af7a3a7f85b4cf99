-- What it is: for each pool and month, what customers and guests got is what was assigned.
-- When it matters: a cent of a pool was lost or given twice in the sharing.
-- How to resolve it: fct_pool_costs and share_by_largest_remainder; a sharer is missing from fct_pool_units.
with

shared as (
    select
        month,
        pool,
        sum(amount) as amount
    from {{ ref('fct_pool_costs') }}
    group by month, pool
)

select
    pools.month,
    pools.pool,
    pools.assigned,
    shared.amount as shared
from {{ ref('fct_pool_months') }} as pools
left join shared
    on pools.month = shared.month
    and pools.pool = shared.pool
where pools.assigned <> coalesce(shared.amount, 0)
