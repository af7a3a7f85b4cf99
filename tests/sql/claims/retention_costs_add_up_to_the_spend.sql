-- What it is: for each month, retention and reactivation spend over channels is all that was spent on them.
-- When it matters: spend went to a customer that no channel knows, or was shared twice.
-- How to resolve it: retention_costs and fct_retention_marketing.
with

costs as (
    select
        month,
        sum(retention_spend) as retention_spend,
        sum(reactivation_spend) as reactivation_spend
    from {{ ref('retention_costs') }}
    group by month
),

spend as (
    select
        month,
        sum(case when purpose = 'retention' then amount else 0 end) as retention_spend,
        sum(case when purpose = 'reactivation' then amount else 0 end) as reactivation_spend
    from {{ ref('fct_marketing_spend') }}
    group by month
)

select
    coalesce(costs.month, spend.month) as month,
    costs.retention_spend as retention_in_mart,
    spend.retention_spend as retention_in_facts,
    costs.reactivation_spend as reactivation_in_mart,
    spend.reactivation_spend as reactivation_in_facts
from costs
full outer join spend on costs.month = spend.month
where
    coalesce(costs.retention_spend, 0) <> coalesce(spend.retention_spend, 0)
    or coalesce(costs.reactivation_spend, 0) <> coalesce(spend.reactivation_spend, 0)
