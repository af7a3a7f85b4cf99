-- The statement of each customer and month, and how well its costs are known: one wide row a fact, added up once. Guests
-- are one, without a number. This shop's pools are all in its ledger, and so actual costs.
create or replace table floor.customer_profit_monthly as
with

wide as (
    select customer_id, month, 1 as order_count, gross_sales, discounts, cogs, -shipping_charged as fulfilment,
        commission as payment_fees, cogs - assumed_cogs + commission as actual_costs, assumed_cogs as assumed_costs
    from warehouse.core.fct_orders where is_counted
    union all by name
    select customer_id, month, case when not is_charge then refunds end as refunds, shipping_refunded as fulfilment,
        currency_difference
    from warehouse.core.fct_refunds
    union all by name
    select customer_id, month, -returned_cogs as cogs, case when cost_basis = 'actual' then returned_cogs end as actual_costs,
        case when cost_basis = 'assumed' then returned_cogs end as assumed_costs
    from warehouse.core.fct_returned_goods where returned_cogs <> 0
    union all by name
    select customer_id, month, shipping_cost as fulfilment, shipping_cost as actual_costs
    from warehouse.core.fct_shipments where shipping_cost <> 0
    union all by name
    select customer_id, month, fee_amount as payment_fees, case when fee_basis = 'actual' then fee_amount end as actual_costs,
        case when fee_basis = 'standard' then fee_amount end as standard_costs
    from warehouse.core.fct_payments where fee_amount <> 0
    union all by name
    select customer_id, lost_month as month, bad_debt, bad_debt as actual_costs
    from warehouse.core.fct_payments where bad_debt <> 0
    union all by name
    select customer_id, month, cost_amount as loyalty, cost_amount as actual_costs
    from warehouse.core.fct_loyalty_events where cost_amount <> 0
    union all by name
    select customer_id, month, amount as acquisition_marketing, amount as actual_costs
    from warehouse.core.fct_acquisition_marketing where customer_id is not null
    union all by name
    select customer_id, month, amount as retention_marketing, amount as actual_costs
    from warehouse.core.fct_retention_marketing where customer_id is not null
    union all by name
    select
        customer_id,
        month,
        case when pool in ('warehouse', 'returns_handling') then (cents * 0.01)::decimal(18, 2) end as fulfilment,
        case when pool = 'customer_service' then (cents * 0.01)::decimal(18, 2) end as service,
        case when pool not in ('warehouse', 'returns_handling', 'customer_service') then (cents * 0.01)::decimal(18, 2)
            end as overhead,
        (cents * 0.01)::decimal(18, 2) as actual_costs
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
    case when customer_id is null then 'guests' else 'customer' end as profit_owner,
    * exclude (actual_costs, standard_costs, assumed_costs),
    gross_sales - discounts - refunds as net_sales,
    net_sales - cogs as contribution_1,
    contribution_1 - fulfilment - payment_fees - bad_debt as contribution_2,
    contribution_2 - service - loyalty - retention_marketing - acquisition_marketing as contribution_3,
    contribution_3 - overhead - currency_difference as net_profit,
    actual_costs::double / nullif((actual_costs + standard_costs + assumed_costs)::double, 0) as actual_cost_share,
    standard_costs::double / nullif((actual_costs + standard_costs + assumed_costs)::double, 0) as standard_cost_share,
    assumed_costs::double / nullif((actual_costs + standard_costs + assumed_costs)::double, 0) as assumed_cost_share
from added
