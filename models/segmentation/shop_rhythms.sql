with

counted as (
    select
        as_of_date,
        gap_days,
        sum(gap_count) over (
            partition by as_of_date order by gap_days rows between unbounded preceding and current row
        ) as gaps_until,
        sum(gap_count) over (partition by as_of_date) as all_gaps
    from {{ ref('gap_counts') }}
)

-- The shortest gap that half of all gaps do not exceed.
select
    as_of_date,
    min(gap_days) as shop_gap_days
from counted
where gaps_until * 2 >= all_gaps
group by as_of_date
