-- Claim: a customer's history, taken from the orders in one pass, is what their purchase days one after the other say.
-- When it is red: an order's place among its customer's days (fct_orders) is wrong, or a day is counted twice.
with

spans as (
    select
        customer_id,
        place - 1 as repeats,
        {{ days_between('first_on', 'ordered_on') }} as recency_days,
        value_so_far as total_value,
        value_so_far - first_day_value as repeat_value
    from {{ ref('history_spans') }}
    where next_on is null
),

histories as (
    select * from {{ ref('purchase_histories') }}
)

select
    coalesce(histories.customer_id, spans.customer_id) as customer_id,
    histories.repeats,
    spans.repeats as repeats_by_day,
    histories.recency_days,
    spans.recency_days as recency_days_by_day,
    histories.total_value,
    spans.total_value as total_value_by_day,
    histories.repeat_value,
    spans.repeat_value as repeat_value_by_day
from histories
full outer join spans on histories.customer_id = spans.customer_id
where
    histories.repeats is distinct from spans.repeats
    or histories.recency_days is distinct from spans.recency_days
    or histories.total_value is distinct from spans.total_value
    or histories.repeat_value is distinct from spans.repeat_value
