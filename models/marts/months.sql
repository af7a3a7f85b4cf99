with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

fiscal_calendar as (
    {{ settings_of_shop(ref('fiscal_calendars'), [], ['first_month']) }}
),

numbered as (
    select
        months.month,
        cast(extract(year from months.month) as int) as calendar_year,
        cast(extract(month from months.month) as int) as calendar_month,
        fiscal_calendar.first_month
    from {{ ref('dim_months') }} as months
    cross join fiscal_calendar
),

-- A year that begins in January ends in it; every other one ends in the next.
fiscal as (
    select
        *,
        calendar_year + case when first_month > 1 and calendar_month >= first_month then 1 else 0 end as fiscal_year,
        (calendar_month - first_month + 12) % 12 + 1 as fiscal_month
    from numbered
)

select
    fiscal.month,
    fiscal.calendar_year,
    cast({{ whole_quotient('fiscal.calendar_month + 2', '3') }} as int) as calendar_quarter,
    cast(fiscal.fiscal_year as int) as fiscal_year,
    cast({{ whole_quotient('fiscal.fiscal_month + 2', '3') }} as int) as fiscal_quarter,
    cast(fiscal.fiscal_month as int) as fiscal_month,
    as_of.as_of_date >= last_day(fiscal.month) as is_complete
from fiscal
cross join as_of
