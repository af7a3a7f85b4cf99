with

cuts as (
    select * from {{ ref('history_cuts') }}
),

days as (
    select * from {{ ref('history_spans') }}
),

known as (
    select
        days.*,
        cuts.cut_on,
        cuts.holdout_days
    from days
    inner join cuts
        on days.ordered_on <= cuts.cut_on
        and (days.next_on is null or days.next_on > cuts.cut_on)
),

-- What followed the cut, and what had come in as many days before it.
around as (
    select
        days.customer_id,
        cuts.cut_on,
        count(*) filter (where days.ordered_on > cuts.cut_on) as holdout_orders,
        sum(case when days.ordered_on > cuts.cut_on then days.day_value end) as holdout_value,
        count(*) filter (where days.ordered_on <= cuts.cut_on) as recent_orders,
        sum(case when days.ordered_on <= cuts.cut_on then days.day_value end) as recent_value
    from days
    inner join cuts
        on days.ordered_on <= cuts.holdout_until
        and days.ordered_on > {{ add_days('cuts.cut_on', '-cuts.holdout_days') }}
    group by days.customer_id, cuts.cut_on
),

-- What was booked on the orders before the cut only after it, in months of its own: a cut is the end of a month.
unknown as (
    select
        later.customer_id,
        cuts.cut_on,
        sum(later.later_value) as total_value,
        sum(case when not later.is_first_day then later.later_value end) as repeat_value,
        sum(case
            when later.ordered_on > {{ add_days('cuts.cut_on', '-cuts.holdout_days') }} then later.later_value
        end) as recent_value
    from {{ ref('later_values') }} as later
    inner join cuts
        on later.ordered_on <= cuts.cut_on
        and later.booked_month > cuts.cut_on
    group by later.customer_id, cuts.cut_on
)

select
    known.customer_id,
    known.cut_on,
    known.holdout_days,
    known.place - 1 as repeats,
    cast({{ days_between('known.first_on', 'known.ordered_on') }} as int) as recency_days,
    cast({{ days_between('known.first_on', 'known.cut_on') }} as int) as age_days,
    cast(known.value_so_far - coalesce(unknown.total_value, 0) as decimal(18, 2)) as total_value,
    cast(known.value_so_far - known.first_day_value - coalesce(unknown.repeat_value, 0) as decimal(18, 2))
        as repeat_value,
    coalesce(around.holdout_orders, 0) as holdout_orders,
    {{ money_or_zero('around.holdout_value') }} as holdout_value,
    coalesce(around.recent_orders, 0) as recent_orders,
    cast(coalesce(around.recent_value, 0) - coalesce(unknown.recent_value, 0) as decimal(18, 2)) as recent_value
from known
left join around
    on known.customer_id = around.customer_id
    and known.cut_on = around.cut_on
left join unknown
    on known.customer_id = unknown.customer_id
    and known.cut_on = unknown.cut_on
