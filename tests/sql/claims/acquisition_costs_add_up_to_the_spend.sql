-- What it is: for each month, the spend over channels and campaigns is all that was spent on acquisition, and the new
-- customers are all who were won.
-- When it matters: spend that won nobody, or a customer of an unknown channel, fell out of the join.
-- How to resolve it: acquisition_costs; the full join of spend and customers won.
with

costs as (
    select
        month,
        sum(spend) as spend,
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
    costs.new_customers as new_in_mart,
    won.new_customers as new_in_facts
from costs
full outer join spend on costs.month = spend.month
full outer join won on coalesce(costs.month, spend.month) = won.month
where
    coalesce(costs.spend, 0) <> coalesce(spend.spend, 0)
    or coalesce(costs.new_customers, 0) <> coalesce(won.new_customers, 0)
