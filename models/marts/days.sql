with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

-- No month has more days; what falls into the next one is cut off.
whole_numbers as (
    {{ whole_numbers(31) }}
),

days as (
    select
        months.month,
        {{ add_days('months.month', 'whole_numbers.number') }} as day
    from {{ ref('dim_months') }} as months
    cross join whole_numbers
),

-- Weekdays are counted from a Monday that is earlier than any shop's books.
numbered as (
    select
        days.day,
        days.month,
        cast({{ days_between("date '1900-01-01'", 'days.day') }} % 7 + 1 as int) as weekday
    from days
    inner join as_of on days.day <= as_of.as_of_date
    where days.month = {{ month_of('days.day') }}
)

select
    day,
    {{ add_days('day', '1 - weekday') }} as week,
    month,
    weekday
from numbered
