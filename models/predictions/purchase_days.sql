with

days as (
    select
        customer_id,
        ordered_on,
        sum(order_value) as day_value
    from {{ ref('order_values') }}
    group by customer_id, ordered_on
)

-- Each row is a customer's history from this purchase until the next one: what any day in between knows.
select
    customer_id,
    ordered_on,
    cast(day_value as decimal(20, 2)) as day_value,
    cast(row_number() over in_time as int) as place,
    min(ordered_on) over in_time as first_on,
    lead(ordered_on) over in_time as next_on,
    first_value(cast(day_value as decimal(20, 2))) over in_time as first_day_value,
    cast(sum(day_value) over (
        partition by customer_id order by ordered_on rows between unbounded preceding and current row
    ) as decimal(20, 2)) as value_so_far
from days
window in_time as (partition by customer_id order by ordered_on)
