-- What it is: one of the last months (settings: equity_months) that somebody had ordered by, without a row in
-- customer_equity_monthly.
-- When it matters: wherever orders can be valued; where no customer has brought anything, nothing is expected of them.
-- How to resolve it: equity_groups, tonights_fits and equity_scores of the months below.
with

first_order as (
    select {{ month_of('min(ordered_on)') }} as month
    from {{ ref('order_values') }}
),

fitted as (
    select model
    from {{ ref('tonights_fits') }}
    where cohort_group = '*' and value_basis is not null
)

select months.month
from {{ ref('dim_months') }} as months
inner join first_order on months.month >= first_order.month
inner join {{ ref('dim_as_of') }} as as_of
    on months.month > {{ add_months('as_of.as_of_month', '-cast(' ~ value_rule('equity_months') ~ ' as int)') }}
cross join fitted
left join {{ ref('customer_equity_monthly') }} as equity on months.month = equity.month
where equity.month is null
