with

-- Tenths by predicted value, the highest last; equal predictions share one, so there may be fewer than ten.
placed as (
    select
        *,
        least(1 + cast(floor(10 * percent_rank() over (
            partition by cut_on, candidate order by cast(predicted_value as decimal(28, 6))
        )) as int), 10) as decile
    from {{ ref('past_scores') }}
),

totals as (
    select
        cut_on,
        candidate,
        decile,
        count(*) as customer_count,
        sum(cast(predicted_orders as decimal(28, 6))) as predicted_orders,
        sum(actual_orders) as actual_orders,
        sum(cast(predicted_value as decimal(28, 6))) as predicted_value,
        sum(cast(actual_value as decimal(28, 6))) as actual_value
    from placed
    group by cut_on, candidate, decile
)

select
    cut_on,
    candidate,
    decile,
    customer_count,
    cast(round(predicted_orders, 2) as decimal(18, 2)) as predicted_orders,
    cast(actual_orders as bigint) as actual_orders,
    cast(round(predicted_value, 2) as decimal(18, 2)) as predicted_value,
    cast(round(actual_value, 2) as decimal(18, 2)) as actual_value
from totals
