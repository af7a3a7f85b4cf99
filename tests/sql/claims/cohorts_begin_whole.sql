-- What it is: in month 0 every customer of a cohort is active, and nobody is retained.
-- When it matters: the cohort month and the first order have come apart.
-- How to resolve it: dim_customers.acquired_on and customer_retention.
select *
from {{ ref('customer_retention') }}
where
    months_since = 0
    and (active_customers <> cohort_customers or retained_customers <> 0)
