with

units as (
    {{ pool_units(ref('fct_shared_order_units'), ['order_id', 'customer_id']) }}
),

sharers as (
    select
        units.order_id,
        units.customer_id,
        units.month,
        units.pool,
        costs.amount as customer_amount,
        costs.weight as customer_weight,
        {{ pool_weight('units', 'costs') }} as weight
    from units
    inner join {{ ref('fct_pool_costs') }} as costs
        on units.customer_id is not distinct from costs.customer_id
        and units.month = costs.month
        and units.pool = costs.pool
),

-- What a customer used without an order is one sharer, and the last among equals.
shared as (
    {{ share_by_largest_remainder(
        'sharers', ['month', 'pool', 'customer_id'], 'customer_amount', 'weight', ['order_id nulls last'],
        total='customer_weight'
    ) }}
),

borne as (
    select
        lone_orders.order_id,
        costs.customer_id,
        costs.month,
        costs.pool,
        costs.amount
    from {{ ref('fct_pool_costs') }} as costs
    inner join {{ ref('fct_lone_orders') }} as lone_orders
        on costs.customer_id is not distinct from lone_orders.customer_id
        and costs.month = lone_orders.month
    union all
    select
        order_id,
        customer_id,
        month,
        pool,
        share as amount
    from shared
    where weight > 0
)

select
    borne.order_id,
    borne.customer_id,
    borne.month,
    borne.pool,
    rules.statement_line,
    borne.amount
from borne
inner join {{ ref('int_pool_rules') }} as rules
    on borne.pool = rules.pool
    and {{ is_valid_on('borne.month', 'rules') }}
