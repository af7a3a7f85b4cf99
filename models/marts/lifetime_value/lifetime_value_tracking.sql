with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

expectations as (
    select * from {{ ref('tracked_expectations') }}
),

cut as (
    select
        max(cut_on) as cut_on,
        max(model) as model
    from expectations
),

-- Whoever had been won by the cut: the fit saw them, and nobody after them.
tracked as (
    select
        days.customer_id,
        days.ordered_on as first_on
    from {{ ref('history_spans') }} as days
    inner join cut on days.ordered_on <= cut.cut_on
    where days.place = 1
),

cohorts as (
    select
        first_on,
        count(*) as customer_count
    from tracked
    group by first_on
),

-- Weeks end on the weekday of the as-of day.
weeks as (
    select {{ add_days('as_of.as_of_date', '-7 * numbers.number') }} as week_end_on
    from as_of
    cross join ({{ whole_numbers(5218) }}) as numbers
    inner join (select min(first_on) as first_on from cohorts) as beginning
        on {{ add_days('as_of.as_of_date', '-7 * numbers.number') }} >= beginning.first_on
),

predicted as (
    select
        weeks.week_end_on,
        sum(cohorts.customer_count) as customer_count,
        sum(cast(cohorts.customer_count * coalesce(expectations.expected_orders, 0) as decimal(28, 8)))
            as predicted_orders
    from weeks
    inner join cohorts on weeks.week_end_on >= cohorts.first_on
    left join expectations on {{ days_between('cohorts.first_on', 'weeks.week_end_on') }} = expectations.days
    group by weeks.week_end_on
),

repeats as (
    select
        days.ordered_on,
        count(*) as repeat_orders
    from {{ ref('history_spans') }} as days
    inner join tracked on days.customer_id = tracked.customer_id
    where days.place > 1
    group by days.ordered_on
),

actual as (
    select
        weeks.week_end_on,
        sum(repeats.repeat_orders) as actual_orders
    from weeks
    inner join repeats on weeks.week_end_on >= repeats.ordered_on
    group by weeks.week_end_on
)

select
    predicted.week_end_on,
    cut.cut_on,
    cut.model,
    predicted.week_end_on > cut.cut_on as is_holdout,
    cast(predicted.customer_count as bigint) as customer_count,
    cast(coalesce(actual.actual_orders, 0) as bigint) as actual_orders,
    cast(round(predicted.predicted_orders, 2) as decimal(18, 2)) as predicted_orders
from predicted
cross join cut
left join actual on predicted.week_end_on = actual.week_end_on
