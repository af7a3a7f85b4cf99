-- Each row is a customer's history from this purchase until the next one: what any day in between knows.
select
    customer_id,
    ordered_on,
    day_value,
    cast(row_number() over in_time as int) as place,
    min(ordered_on) over in_time as first_on,
    lead(ordered_on) over in_time as next_on,
    first_value(day_value) over in_time as first_day_value,
    cast(sum(day_value) over (
        partition by customer_id order by ordered_on rows between unbounded preceding and current row
    ) as decimal(18, 2)) as value_so_far
from {{ ref('purchase_days') }}
window in_time as (partition by customer_id order by ordered_on)
