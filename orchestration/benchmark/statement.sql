-- The statement of each customer and month, written by hand for one shop's settings: what the models are measured against.
-- One wide row a fact, added up once; the same facts, the same cents. It knows the demo shop's seven pools by name, which
-- is what makes it short and fast, and what the models may not do.
create or replace table floor.statement as
with

pool_use as (
    select customer_id, month, 'warehouse' as pool, sum(40000 + goods_line_count * 7000)::hugeint as used
    from warehouse.core.fct_orders where is_counted group by all
    union all
    select customer_id, month, 'it_platform', count(*)::hugeint
    from warehouse.core.fct_orders where is_counted group by all
    union all
    select customer_id, month, 'rent', sum(goods_quantity * 1000)::hugeint
    from warehouse.core.fct_orders where is_counted group by all
    union all
    select customer_id, month, unnest(['administration', 'product_development']), sum(goods_sales * 100)::hugeint
    from warehouse.core.fct_orders where is_counted group by customer_id, month
    union all
    select customer_id, month, 'returns_handling', count(*) * 85000::hugeint
    from warehouse.core.fct_refunds where not is_charge and coalesce(quantity, 1) > 0 group by all
    union all
    select customer_id, month, 'customer_service', sum(handle_minutes * 10000)::hugeint
    from warehouse.core.fct_service_contacts group by all
),

pool_sums as (
    select month, pool, sum(used) as used from pool_use where used > 0 group by all
),

-- Assigned: by capacity where the ledger states one, else in full.
pools as (
    select
        pool_sums.month,
        pool_sums.pool,
        pool_sums.used,
        case
            when ledger.practical_capacity is null then (ledger.amount * 100)::hugeint
            else ((ledger.amount * 100)::hugeint * pool_sums.used * 2 + (ledger.practical_capacity * 10000)::hugeint)
                // ((ledger.practical_capacity * 10000)::hugeint * 2)
        end as cents
    from pool_sums
    inner join warehouse.core.fct_cost_pools as ledger using (month, pool)
),

cut as (
    select
        pool_use.customer_id,
        pool_use.month,
        pool_use.pool,
        pools.cents * pool_use.used // pools.used as whole,
        pools.cents * pool_use.used % pools.used as remainder,
        pools.cents
    from pool_use inner join pools using (month, pool)
    where pool_use.used > 0
),

shared as (
    select
        customer_id,
        month,
        pool,
        whole + (row_number() over (partition by month, pool order by remainder desc, customer_id nulls last)
            <= any_value(cents) over (partition by month, pool) - sum(whole) over (partition by month, pool))::int as cents
    from cut
),

wide as (
    select customer_id, month, gross_sales, discounts, 0 as refunds, cogs, -shipping_charged as fulfilment,
        commission as payment_fees, 0 as bad_debt, 0 as service, 0 as loyalty, 0 as marketing, 0 as overhead,
        0 as currency_difference
    from warehouse.core.fct_orders where is_counted
    union all
    select customer_id, month, 0, 0, case when is_charge then 0 else refunds end, 0, shipping_refunded, 0, 0, 0, 0, 0, 0,
        currency_difference
    from warehouse.core.fct_refunds
    union all
    select customer_id, month, 0, 0, 0, -returned_cogs, 0, 0, 0, 0, 0, 0, 0, 0
    from warehouse.core.fct_returned_goods
    union all
    select customer_id, month, 0, 0, 0, 0, shipping_cost, 0, 0, 0, 0, 0, 0, 0 from warehouse.core.fct_shipments
    union all
    select customer_id, month, 0, 0, 0, 0, 0, fee_amount, 0, 0, 0, 0, 0, 0 from warehouse.core.fct_payments
    union all
    select customer_id, lost_month, 0, 0, 0, 0, 0, 0, bad_debt, 0, 0, 0, 0, 0 from warehouse.core.fct_payments
    union all
    select customer_id, month, 0, 0, 0, 0, 0, 0, 0, 0, cost_amount, 0, 0, 0 from warehouse.core.fct_loyalty_events
    union all
    select customer_id, month, 0, 0, 0, 0, 0, 0, 0, 0, 0, amount, 0, 0
    from warehouse.core.fct_acquisition_marketing where customer_id is not null
    union all
    select customer_id, month, 0, 0, 0, 0, 0, 0, 0, 0, 0, amount, 0, 0
    from warehouse.core.fct_retention_marketing where customer_id is not null
    union all
    select customer_id, month, 0, 0, 0, 0,
        case when pool in ('warehouse', 'returns_handling') then cents / 100::decimal(5, 2) else 0 end, 0, 0,
        case when pool = 'customer_service' then cents / 100::decimal(5, 2) else 0 end, 0, 0,
        case when pool not in ('warehouse', 'returns_handling', 'customer_service') then cents / 100::decimal(5, 2)
            else 0 end, 0
    from shared
),

added as (
    select
        customer_id,
        month,
        sum(gross_sales)::decimal(18, 2) as gross_sales,
        sum(discounts)::decimal(18, 2) as discounts,
        sum(refunds)::decimal(18, 2) as refunds,
        sum(cogs)::decimal(18, 2) as cogs,
        sum(fulfilment)::decimal(18, 2) as fulfilment,
        sum(payment_fees)::decimal(18, 2) as payment_fees,
        sum(bad_debt)::decimal(18, 2) as bad_debt,
        sum(service)::decimal(18, 2) as service,
        sum(loyalty)::decimal(18, 2) as loyalty,
        sum(marketing)::decimal(18, 2) as marketing,
        sum(overhead)::decimal(18, 2) as overhead,
        sum(currency_difference)::decimal(18, 2) as currency_difference
    from wide
    group by customer_id, month
)

select
    *,
    gross_sales - discounts - refunds as net_sales,
    gross_sales - discounts - refunds - cogs as contribution_1,
    gross_sales - discounts - refunds - cogs - fulfilment - payment_fees - bad_debt as contribution_2,
    gross_sales - discounts - refunds - cogs - fulfilment - payment_fees - bad_debt - service - loyalty - marketing
        as contribution_3,
    gross_sales - discounts - refunds - cogs - fulfilment - payment_fees - bad_debt - service - loyalty - marketing
        - overhead - currency_difference as net_profit
from added
