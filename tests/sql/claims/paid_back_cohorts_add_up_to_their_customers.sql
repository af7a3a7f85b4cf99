-- What it is: in its last month a cohort and channel has cost, brought and paid back what its customers have.
-- When it matters: a month fell out of the curve, or a customer stands in two cohorts.
-- How to resolve it: acquisition_payback and customer_acquisition.
with

last_cells as (
    select *
    from (
        select
            *,
            row_number() over (partition by cohort_month, channel order by months_since desc) as place_from_last
        from {{ ref('acquisition_payback') }}
    ) as placed
    where place_from_last = 1
),

customers as (
    select
        acquired_month as cohort_month,
        acquisition_channel as channel,
        count(*) as cohort_customers,
        sum(acquisition_cost) as acquisition_cost,
        sum(contribution_so_far) as contribution,
        count(payback_month) as paid_back_customers
    from {{ ref('customer_acquisition') }}
    where acquired_month is not null
    group by acquired_month, acquisition_channel
)

select
    coalesce(customers.cohort_month, last_cells.cohort_month) as cohort_month,
    coalesce(customers.channel, last_cells.channel) as channel,
    customers.contribution,
    last_cells.cumulative_contribution,
    customers.acquisition_cost,
    last_cells.acquisition_cost as cost_in_curve
from customers
full outer join last_cells
    on customers.cohort_month = last_cells.cohort_month
    and customers.channel = last_cells.channel
where
    customers.cohort_customers is distinct from last_cells.cohort_customers
    or customers.acquisition_cost is distinct from last_cells.acquisition_cost
    or customers.contribution is distinct from last_cells.cumulative_contribution
    or customers.paid_back_customers <> coalesce(last_cells.paid_back_customers, 0)
