with

counted as (
    select
        behaviour.*,
        count(*) over (partition by behaviour.as_of_date) as customer_count
    from {{ ref('behaviour_by_day') }} as behaviour
    inner join {{ ref('fit_days') }} as days
        on behaviour.as_of_date = days.as_of_date
        and days.fit_on = days.as_of_date
)

select
    counted.customer_id,
    counted.as_of_date as fit_on,
    counted.recency,
    counted.frequency,
    counted.order_value,
    counted.tenure
from counted
inner join {{ ref('fit_draws') }} as draws on counted.customer_id = draws.customer_id
where draws.draw * counted.customer_count < {{ segment_rule('largest_fit') }}
