with

periods as (
    select
        max(days.as_of_date) as fit_on,
        {{ add_days('max(days.as_of_date)', segment_rule('next_period_days')) }} as until_on
    from {{ ref('fit_days') }} as days
    cross join {{ ref('dim_as_of') }} as as_of
    where
        days.fit_on = days.as_of_date
        and {{ add_days('days.as_of_date', segment_rule('next_period_days')) }} <= as_of.as_of_date
),

ordered_next as (
    select distinct orders.customer_id
    from {{ ref('fct_orders') }} as orders
    inner join periods
        on orders.ordered_on > periods.fit_on
        and orders.ordered_on <= periods.until_on
    where orders.is_counted and orders.customer_id is not null
),

staged as (
    select
        lifecycle.*,
        measures.purchase_count,
        count(*) over () as customer_count
    from {{ ref('lifecycle_by_day') }} as lifecycle
    inner join periods on lifecycle.as_of_date = periods.fit_on
    inner join {{ ref('customer_day_measures') }} as measures
        on lifecycle.customer_id = measures.customer_id
        and lifecycle.as_of_date = measures.as_of_date
        and measures.order_count > 0
)

-- Past a hundred gaps of silence nobody can tell one from the other.
select
    staged.as_of_date as fit_on,
    staged.customer_id,
    staged.lifecycle_stage,
    case when staged.quiet_gaps is not null then least(staged.quiet_gaps, 100) end as quiet,
    case when staged.pause_gaps is not null then least(staged.pause_gaps, 100) end as pause,
    case when staged.pace is not null then least(staged.pace, 100) end as pace,
    staged.purchase_count as purchases,
    ordered_next.customer_id is not null as has_ordered_next,
    {{ drawn_by_hash('staged.customer_id', 'lifecycle holdout') }} < {{ segment_rule('fit_holdout') }} as is_held_out
from staged
left join ordered_next on staged.customer_id = ordered_next.customer_id
inner join {{ ref('fit_draws') }} as draws on staged.customer_id = draws.customer_id
where draws.draw * staged.customer_count < {{ segment_rule('largest_fit') }}
