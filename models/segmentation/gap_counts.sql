with

gaps as (
    select
        of_day,
        ordered_on,
        gap_days,
        count(*) as gap_count
    from {{ ref('order_days') }}
    where gap_days is not null
    group by of_day, ordered_on, gap_days
)

select
    days.as_of_date,
    gaps.gap_days,
    sum(gaps.gap_count) as gap_count
from gaps
inner join {{ ref('dim_segment_days') }} as days
    on gaps.ordered_on <= days.as_of_date
    and (gaps.of_day is null or gaps.of_day = days.as_of_date)
group by days.as_of_date, gaps.gap_days
