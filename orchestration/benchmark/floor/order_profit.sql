-- What each counted order earned: its facts side by side, and its part of what its customer bears of the pools.
create or replace table floor.order_profit as
with

borne as (
    select
        pool_use.order_id,
        pool_use.customer_id,
        pool_use.month,
        pool_use.pool,
        pool_use.used,
        shares.used as customer_used,
        shares.cents
    from floor.pool_use
    inner join floor.pool_shares as shares
        on pool_use.month = shares.month
        and pool_use.pool = shares.pool
        and pool_use.customer_id is not distinct from shares.customer_id
),

cut as (
    select *, cents * used // customer_used as whole, cents * used % customer_used as remainder
    from borne
    where used < customer_used
),

-- The cents left over go to the largest remainders; what was used without an order is one, the last among equals.
shared as (
    select
        order_id,
        pool,
        (whole + (row_number() over (partition by customer_id, month, pool order by remainder desc, order_id nulls last)
            <= cents - sum(whole) over (partition by customer_id, month, pool))::int)::bigint as cents
    from cut
    union all
    select order_id, pool, cents from borne where used = customer_used
),

wide as (
    select order_id, -returned_cogs as cogs from warehouse.core.fct_returned_goods
    union all by name
    select order_id, case when not is_charge then refunds end as refunds, shipping_refunded as fulfilment,
        currency_difference
    from warehouse.core.fct_refunds
    union all by name
    select order_id, shipping_cost as fulfilment from warehouse.core.fct_shipments
    union all by name
    select order_id, fee_amount as payment_fees, bad_debt from warehouse.core.fct_payments
    union all by name
    select
        order_id,
        case when pool in ('warehouse', 'returns_handling') then (cents * 0.01)::decimal(18, 2) end as fulfilment,
        case when pool = 'customer_service' then (cents * 0.01)::decimal(18, 2) end as service,
        case when pool not in ('warehouse', 'returns_handling', 'customer_service') then (cents * 0.01)::decimal(18, 2)
            end as overhead
    from shared where cents <> 0 and order_id is not null
),

added as (
    select order_id, sum(cogs) as cogs, sum(refunds) as refunds, sum(fulfilment) as fulfilment,
        sum(payment_fees) as payment_fees, sum(bad_debt) as bad_debt, sum(service) as service,
        sum(overhead) as overhead, sum(currency_difference) as currency_difference
    from wide
    group by order_id
)

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    orders.ordered_on,
    orders.month,
    orders.order_number::bigint as order_number,
    orders.days_since_first_order,
    orders.days_since_previous_order,
    orders.sales_channel,
    orders.delivery_country,
    orders.line_count,
    orders.gross_sales,
    orders.discounts,
    coalesce(added.refunds, 0)::decimal(18, 2) as refunds,
    (orders.gross_sales - orders.discounts - coalesce(added.refunds, 0))::decimal(18, 2) as net_sales,
    (orders.cogs + coalesce(added.cogs, 0))::decimal(18, 2) as cogs,
    (orders.gross_sales - orders.discounts - coalesce(added.refunds, 0) - orders.cogs - coalesce(added.cogs, 0))
        ::decimal(18, 2) as contribution_1,
    (coalesce(added.fulfilment, 0) - orders.shipping_charged)::decimal(18, 2) as fulfilment,
    (coalesce(added.payment_fees, 0) + orders.commission)::decimal(18, 2) as payment_fees,
    coalesce(added.bad_debt, 0)::decimal(18, 2) as bad_debt,
    (orders.gross_sales - orders.discounts + orders.shipping_charged - orders.cogs - orders.commission
        - coalesce(added.refunds, 0) - coalesce(added.cogs, 0) - coalesce(added.fulfilment, 0)
        - coalesce(added.payment_fees, 0) - coalesce(added.bad_debt, 0))::decimal(18, 2) as contribution_2,
    coalesce(added.service, 0)::decimal(18, 2) as service,
    0::decimal(18, 2) as loyalty,
    0::decimal(18, 2) as retention_marketing,
    0::decimal(18, 2) as acquisition_marketing,
    (contribution_2 - coalesce(added.service, 0))::decimal(18, 2) as contribution_3,
    coalesce(added.overhead, 0)::decimal(18, 2) as overhead,
    coalesce(added.currency_difference, 0)::decimal(18, 2) as currency_difference,
    (contribution_3 - coalesce(added.overhead, 0) - coalesce(added.currency_difference, 0))::decimal(18, 2)
        as net_profit
from warehouse.core.fct_orders as orders
left join added using (order_id)
where orders.is_counted
