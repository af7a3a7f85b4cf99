select
    days.customer_id,
    customers.acquisition_channel,
    as_of.as_of_date as cut_on,
    days.place - 1 as repeats,
    cast({{ days_between('days.first_on', 'days.ordered_on') }} as int) as recency_days,
    cast({{ days_between('days.first_on', 'as_of.as_of_date') }} as int) as age_days,
    days.value_so_far as total_value,
    cast(days.value_so_far - days.first_day_value as decimal(20, 2)) as repeat_value
from {{ ref('purchase_days') }} as days
cross join {{ ref('dim_as_of') }} as as_of
left join {{ ref('dim_customers') }} as customers on days.customer_id = customers.customer_id
where days.next_on is null
