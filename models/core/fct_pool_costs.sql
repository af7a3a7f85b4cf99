with

pool_months as (
    select * from {{ ref('fct_pool_months') }}
),

units as (
    select * from {{ ref('fct_pool_units') }}
),

sharers as (
    select
        units.customer_id,
        units.month,
        units.pool,
        pool_months.statement_line,
        pool_months.cost_basis,
        pool_months.is_shared_by_standard_cost,
        units.capacity_used,
        pool_months.assigned,
        {{ pool_weight('units', 'pool_months') }} as weight,
        {{ pool_weight('pool_months', 'pool_months') }} as all_weights
    from units
    inner join pool_months
        on units.month = pool_months.month
        and units.pool = pool_months.pool
    where pool_months.assigned > 0
),

-- Guests are one sharer, and the last among equals.
shared as (
    {{ share_by_largest_remainder(
        'sharers', ['month', 'pool'], 'assigned', 'weight', ['customer_id nulls last'], 'all_weights'
    ) }}
)

select
    case when customer_id is null then 'guests' else 'customer' end as profit_owner,
    customer_id,
    month,
    pool,
    statement_line,
    cost_basis,
    is_shared_by_standard_cost,
    capacity_used,
    share as amount
from shared
where weight > 0
