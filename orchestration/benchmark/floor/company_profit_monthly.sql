-- The company's statement: what customers and guests have, what is left of the pools, and marketing that won nobody.
create or replace table floor.company_profit_monthly as
with

wide as (
    select month, columns(* exclude (profit_owner, customer_id, month, actual_cost_share, standard_cost_share,
        assumed_cost_share))
    from floor.customer_profit_monthly
    union all by name
    select
        ledger.month,
        case when ledger.pool in ('warehouse', 'returns_handling') then left_over end as fulfilment,
        case when ledger.pool = 'customer_service' then left_over end as service,
        case when ledger.pool not in ('warehouse', 'returns_handling', 'customer_service') then left_over end
            as overhead
    from (
        select month, pool, ledger.amount - coalesce(sum(shares.cents)::bigint * 0.01, 0)::decimal(18, 2) as left_over
        from warehouse.core.fct_cost_pools as ledger left join floor.pool_shares as shares using (month, pool)
        group by month, pool, ledger.amount
    ) as ledger
    union all by name
    select month, amount as acquisition_marketing
    from warehouse.core.fct_acquisition_marketing where customer_id is null
    union all by name
    select month, amount as retention_marketing
    from warehouse.core.fct_retention_marketing where customer_id is null
    union all by name
    select month, amount as acquisition_marketing from warehouse.core.fct_marketing_spend where purpose = 'brand'
),

added as (
    select
        month,
        sum(columns(* exclude (month, net_sales, contribution_1, contribution_2, contribution_3, net_profit))) as "\0"
    from wide group by month
),

buyers as (
    select month, count(distinct customer_id)::int as customer_count
    from warehouse.core.fct_orders where is_counted group by month
)

select
    month,
    coalesce(added.order_count, 0)::int as order_count,
    coalesce(buyers.customer_count, 0) as customer_count,
    coalesce(columns(added.* exclude (month, order_count)), 0)::decimal(18, 2) as "\0",
    coalesce(added.gross_sales - added.discounts - added.refunds, 0)::decimal(18, 2) as net_sales,
    (net_sales - coalesce(added.cogs, 0))::decimal(18, 2) as contribution_1,
    (contribution_1 - coalesce(added.fulfilment + added.payment_fees + added.bad_debt, 0))::decimal(18, 2)
        as contribution_2,
    (contribution_2 - coalesce(added.service + added.loyalty, 0)
        - coalesce(added.retention_marketing + added.acquisition_marketing, 0))::decimal(18, 2) as contribution_3,
    (contribution_3 - coalesce(added.overhead + added.currency_difference, 0))::decimal(18, 2) as net_profit
from (select month from warehouse.core.dim_months)
left join added using (month)
left join buyers using (month)
