with

as_of as (
    select
        as_of_date,
        as_of_month
    from {{ ref('dim_as_of') }}
),

-- The first month end that is shown has its clusters from the quarter end at or before it.
month_ends as (
    select
        months.month as as_of_month,
        last_day(months.month) as as_of_date,
        months.month >= {{ add_months('as_of.as_of_month', -var('segment_months')) }} as is_shown
    from {{ ref('dim_months') }} as months
    cross join as_of
    where
        last_day(months.month) < as_of.as_of_date
        and (
            months.month >= {{ add_months('as_of.as_of_month', -var('segment_months')) }}
            or (
                extract(month from months.month) in (3, 6, 9, 12)
                and months.month >= {{ add_months('as_of.as_of_month', -var('segment_months') - 2) }}
            )
        )
)

select
    as_of_date,
    as_of_month,
    {{ add_months('as_of_month', -12) }} as year_before,
    {{ add_months('as_of_month', -24) }} as two_years_before,
    false as is_tonight,
    is_shown as is_month_end
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
