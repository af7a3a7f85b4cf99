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
    customer_id,
    as_of_date as fit_on,
    recency,
    frequency,
    order_value,
    tenure
from counted
where {{ drawn_by_hash('customer_id', 'segment fits') }} * customer_count < {{ segment_rule('largest_fit') }}
