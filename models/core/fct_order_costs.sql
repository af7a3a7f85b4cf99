with

driver_units as (
    select * from {{ ref('fct_order_driver_units') }}
),

units as (
    {{ pool_units('driver_units', ['order_id', 'customer_id']) }}
),

costs as (
    select * from {{ ref('fct_pool_costs') }}
),

sharers as (
    select
        units.order_id,
        units.customer_id,
        units.month,
        units.pool,
        costs.profit_owner,
        costs.statement_line,
        costs.cost_basis,
        costs.amount as customer_amount,
        {{ pool_weight('units', 'costs') }} as weight
    from units
    inner join costs
        on units.customer_id is not distinct from costs.customer_id
        and units.month = costs.month
        and units.pool = costs.pool
),

-- What a customer used without an order is one sharer, and the last among equals.
shared as (
    {{ share_by_largest_remainder(
        'sharers', ['month', 'pool', 'customer_id'], 'customer_amount', 'weight', ['order_id nulls last']
    ) }}
)

select
    order_id,
    profit_owner,
    customer_id,
    month,
    pool,
    statement_line,
    cost_basis,
    share as amount
from shared
where weight > 0
