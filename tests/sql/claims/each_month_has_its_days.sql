-- What it is: a month of which days has not all days, those after the as-of day left out.
-- When it matters: always; what is told by day or week would skip some.
-- How to resolve it: dim_months and days.
select
    months.month,
    count(days.day) as day_count
from {{ ref('dim_months') }} as months
cross join {{ ref('dim_as_of') }} as as_of
left join {{ ref('days') }} as days on months.month = days.month
group by months.month, as_of.as_of_date
having count(days.day) <> {{ days_between('months.month', 'least(last_day(months.month), as_of.as_of_date)') }} + 1
