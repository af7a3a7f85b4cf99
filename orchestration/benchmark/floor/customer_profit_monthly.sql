-- The statement of each customer and month: one wide row a fact, added up once. Guests are one, without a number.
create or replace table floor.customer_profit_monthly as
with

wide as (
    select customer_id, month, 1 as order_count, gross_sales, discounts, cogs, -shipping_charged as fulfilment,
        commission as payment_fees
    from warehouse.core.fct_orders where is_counted
    union all by name
    select customer_id, month, case when not is_charge then refunds end as refunds, shipping_refunded as fulfilment,
        currency_difference
    from warehouse.core.fct_refunds
    union all by name
    select customer_id, month, -returned_cogs as cogs from warehouse.core.fct_returned_goods where returned_cogs <> 0
    union all by name
    select customer_id, month, shipping_cost as fulfilment from warehouse.core.fct_shipments where shipping_cost <> 0
    union all by name
    select customer_id, month, fee_amount as payment_fees from warehouse.core.fct_payments where fee_amount <> 0
    union all by name
    select customer_id, lost_month as month, bad_debt from warehouse.core.fct_payments where bad_debt <> 0
    union all by name
    select customer_id, month, cost_amount as loyalty from warehouse.core.fct_loyalty_events where cost_amount <> 0
    union all by name
    select customer_id, month, amount as acquisition_marketing
    from warehouse.core.fct_acquisition_marketing where customer_id is not null
    union all by name
    select customer_id, month, amount as retention_marketing
    from warehouse.core.fct_retention_marketing where customer_id is not null
    union all by name
    select
        customer_id,
        month,
        case when pool in ('warehouse', 'returns_handling') then (cents * 0.01)::decimal(18, 2) end as fulfilment,
        case when pool = 'customer_service' then (cents * 0.01)::decimal(18, 2) end as service,
        case when pool not in ('warehouse', 'returns_handling', 'customer_service') then (cents * 0.01)::decimal(18, 2)
            end as overhead
    from floor.pool_shares where cents <> 0
),

added as (
    select
        customer_id,
        month,
        coalesce(sum(order_count), 0)::int as order_count,
        coalesce(sum(columns(* exclude (customer_id, month, order_count))), 0)::decimal(18, 2) as "\0"
    from wide
    group by customer_id, month
)

select
    *,
    gross_sales - discounts - refunds as net_sales,
    net_sales - cogs as contribution_1,
    contribution_1 - fulfilment - payment_fees - bad_debt as contribution_2,
    contribution_2 - service - loyalty - retention_marketing - acquisition_marketing as contribution_3,
    contribution_3 - overhead - currency_difference as net_profit
from added
