with

histories as (
    select
        customer_id,
        cast(count(*) - 1 as int) as repeats,
        min(ordered_on) as first_on,
        max(ordered_on) as last_on,
        cast(sum(day_value) as decimal(20, 2)) as total_value,
        min_by(day_value, ordered_on) as first_day_value
    from {{ ref('purchase_days') }}
    group by customer_id
)

select
    histories.customer_id,
    customers.acquisition_channel,
    as_of.as_of_date as cut_on,
    histories.repeats,
    cast({{ days_between('histories.first_on', 'histories.last_on') }} as int) as recency_days,
    cast({{ days_between('histories.first_on', 'as_of.as_of_date') }} as int) as age_days,
    histories.total_value,
    cast(histories.total_value - histories.first_day_value as decimal(20, 2)) as repeat_value
from histories
cross join {{ ref('dim_as_of') }} as as_of
left join {{ ref('dim_customers') }} as customers on histories.customer_id = customers.customer_id
