with

as_of as (
    select
        as_of_date,
        as_of_month
    from {{ ref('dim_as_of') }}
),

month_ends as (
    select
        months.month as as_of_month,
        last_day(months.month) as as_of_date
    from {{ ref('dim_months') }} as months
    cross join as_of
    where
        months.month >= {{ add_months('as_of.as_of_month', -var('segment_months')) }}
        and last_day(months.month) < as_of.as_of_date
)

select
    as_of_date,
    as_of_month,
    {{ add_months('as_of_month', -12) }} as year_before,
    {{ add_months('as_of_month', -24) }} as two_years_before,
    false as is_tonight,
    true as is_month_end
from month_ends
union all
select
    as_of_date,
    as_of_month,
    {{ add_months('as_of_month', -12) }} as year_before,
    {{ add_months('as_of_month', -24) }} as two_years_before,
    true as is_tonight,
    as_of_date = last_day(as_of_date) as is_month_end
from as_of
