-- What it is: in each month the active, kept and retained customers over all cohorts are those of the month, and
-- those of its own cohort are the new ones.
-- When it matters: the cohort grid and the monthly balance would tell two stories.
-- How to resolve it: customer_retention, retention_monthly and fct_customer_months.
with

cohorts as (
    select
        month,
        sum(active_customers) as active_customers,
        sum(kept_active_customers) as kept_active_customers,
        sum(retained_customers) as retained_customers,
        sum(case when months_since = 0 then cohort_customers else 0 end) as new_customers
    from {{ ref('customer_retention') }}
    group by month
)

select
    months.month,
    months.active_customers,
    cohorts.active_customers as active_in_cohorts,
    months.new_customers,
    cohorts.new_customers as new_in_cohorts
from {{ ref('retention_monthly') }} as months
full outer join cohorts on months.month = cohorts.month
where
    coalesce(months.active_customers, 0) <> coalesce(cohorts.active_customers, 0)
    or coalesce(months.kept_active_customers, 0) <> coalesce(cohorts.kept_active_customers, 0)
    or coalesce(months.retained_customers, 0) <> coalesce(cohorts.retained_customers, 0)
    or coalesce(months.new_customers, 0) <> coalesce(cohorts.new_customers, 0)
