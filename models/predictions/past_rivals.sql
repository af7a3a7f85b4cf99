with

histories as (
    select * from {{ ref('judged_histories') }}
),

-- What the shop as a whole tells about one customer: mean orders of the last span, mean gap between orders, in days.
shops as (
    select
        cut_on,
        count(*) as customer_count,
        sum(recent_orders) as recent_orders,
        sum(recent_value) as recent_value,
        {{ ratio('sum(recency_days)', 'sum(repeats)') }} as gap_days
    from histories
    group by cut_on
),

predicted as (
    select
        histories.cut_on,
        histories.customer_id,
        histories.holdout_orders as actual_orders,
        cast(histories.holdout_value as double) as actual_value,
        histories.recent_orders,
        cast(histories.recent_value as double) as recent_value,
        cast(shops.recent_orders as double) / shops.customer_count as constant_orders,
        cast(shops.recent_value as double) / shops.customer_count as constant_value,
        cast(histories.total_value as double) / (histories.repeats + 1) as average_value,
        -- as in customer_lifetime_value: a frequency over at least one gap, here for the days of the holdout
        (histories.repeats + 1) * histories.holdout_days
        / cast(nullif(greatest(histories.age_days, coalesce(shops.gap_days, 0)), 0) as double) as formula_orders
    from histories
    inner join shops on histories.cut_on = shops.cut_on
)

select
    cut_on,
    'formula' as candidate,
    customer_id,
    formula_orders as predicted_orders,
    formula_orders * average_value as predicted_value,
    actual_orders,
    actual_value
from predicted
where formula_orders is not null
union all
select
    cut_on,
    'repeat_of_the_last_span' as candidate,
    customer_id,
    recent_orders as predicted_orders,
    recent_value as predicted_value,
    actual_orders,
    actual_value
from predicted
union all
select
    cut_on,
    'constant' as candidate,
    customer_id,
    constant_orders as predicted_orders,
    constant_value as predicted_value,
    actual_orders,
    actual_value
from predicted
