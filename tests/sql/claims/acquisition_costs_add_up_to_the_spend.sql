-- What it is: for each month, the spend over channels and campaigns is all that was spent on acquisition, what is
-- counted in besides is the brand and the pools that settings name, and the new customers are all who were won.
-- When it matters: spend that won nobody, or a customer of an unknown channel, fell out of the join.
-- How to resolve it: acquisition_costs; fct_acquisition_months, its rows of months and how common costs are shared.
with

costs as (
    select
        month,
        sum(spend) as spend,
        sum(common_costs) as common_costs,
        sum(new_customers) as new_customers
    from {{ ref('acquisition_costs') }}
    group by month
),

spend as (
    select
        month,
        sum(amount) as spend
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'acquisition'
    group by month
),

loaded as (
    {{ settings_of_shop(ref('loaded_pools'), ['pool'], ['pool', 'counted_share']) }}
),

common as (
    select
        month,
        sum(amount) as amount
    from (
        select month, amount
        from {{ ref('fct_marketing_spend') }}
        where purpose = 'brand'
        union all
        select pools.month, cast(round(pools.amount * loaded.counted_share, 2) as decimal(18, 2)) as amount
        from {{ ref('fct_cost_pools') }} as pools
        inner join loaded on pools.pool = loaded.pool
    ) as counted_in
    group by month
),

won as (
    select
        acquired_month as month,
        count(*) as new_customers
    from {{ ref('dim_customers') }}
    where acquired_month is not null
    group by acquired_month
)

select
    costs.month,
    costs.spend as spend_in_mart,
    spend.spend as spend_in_facts,
    costs.common_costs as common_in_mart,
    common.amount as common_in_facts,
    costs.new_customers as new_in_mart,
    won.new_customers as new_in_facts
from costs
full outer join spend on costs.month = spend.month
full outer join won on coalesce(costs.month, spend.month) = won.month
full outer join common on coalesce(costs.month, spend.month, won.month) = common.month
where
    coalesce(costs.spend, 0) <> coalesce(spend.spend, 0)
    or coalesce(costs.common_costs, 0) <> coalesce(common.amount, 0)
    or coalesce(costs.new_customers, 0) <> coalesce(won.new_customers, 0)
