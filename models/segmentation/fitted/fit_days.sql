with

days as (
    select
        as_of_date,
        is_tonight,
        as_of_date = last_day(as_of_date) and extract(month from as_of_date) in (3, 6, 9, 12) as is_quarter_end
    from {{ ref('dim_segment_days') }}
)

-- Fitted as of the quarter end: names do not change from one night to the next.
select
    as_of_date,
    is_tonight,
    max(case when is_quarter_end then as_of_date end) over (
        order by as_of_date rows between unbounded preceding and current row
    ) as fit_on
from days
