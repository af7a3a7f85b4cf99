{#-
  One pass over the orders: which of them is a purchase of its own, and which are of the first day, is known where orders
  are put in order of time. By customer and day first, five million customers took twice as long.
-#}
with

histories as (
    select
        customer_id,
        cast(sum(case when days_since_previous_order > 0 then 1 else 0 end) as int) as repeats,
        min(ordered_on) as first_on,
        max(days_since_first_order) as recency_days,
        cast(sum(order_value) as decimal(18, 2)) as total_value,
        cast(sum(case when days_since_first_order > 0 then order_value else 0 end) as decimal(18, 2)) as repeat_value
    from {{ ref('order_values') }}
    group by customer_id
)

select
    histories.customer_id,
    customers.acquisition_channel,
    as_of.as_of_date as cut_on,
    histories.repeats,
    histories.recency_days,
    cast({{ days_between('histories.first_on', 'as_of.as_of_date') }} as int) as age_days,
    histories.total_value,
    histories.repeat_value
from histories
cross join {{ ref('dim_as_of') }} as as_of
left join {{ ref('dim_customers') }} as customers on histories.customer_id = customers.customer_id
