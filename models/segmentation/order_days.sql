with

orders as (
    select
        orders.*,
        case when places.place = 'online' then 1 else 0 end as online,
        case when places.place = 'offline' then 1 else 0 end as offline
    from {{ ref('standing_orders') }} as orders
    left join {{ ref('sales_channel_places') }} as places on orders.sales_channel = places.sales_channel
),

-- Orders of one day are one purchase.
days as (
    select
        customer_id,
        of_day,
        ordered_on,
        count(*) as order_count,
        max(online) as online,
        max(offline) as offline
    from orders
    group by customer_id, of_day, ordered_on
),

followed as (
    select
        *,
        row_number() over (partition by customer_id, of_day order by ordered_on) as purchase_number,
        sum(order_count) over (
            partition by customer_id, of_day order by ordered_on rows between unbounded preceding and current row
        ) as orders_until,
        max(online) over (
            partition by customer_id, of_day order by ordered_on rows between unbounded preceding and current row
        ) as online_until,
        max(offline) over (
            partition by customer_id, of_day order by ordered_on rows between unbounded preceding and current row
        ) as offline_until,
        min(ordered_on) over (partition by customer_id, of_day) as first_order_on,
        lag(ordered_on) over (partition by customer_id, of_day order by ordered_on) as previous_ordered_on,
        lag(ordered_on, 3) over (partition by customer_id, of_day order by ordered_on) as third_last_ordered_on,
        lead(ordered_on, 1, cast('9999-12-31' as date)) over (partition by customer_id, of_day order by ordered_on)
            as next_ordered_on
    from days
),

spaced as (
    select
        *,
        {{ days_between('previous_ordered_on', 'ordered_on') }} as gap_days
    from followed
)

select
    customer_id,
    of_day,
    ordered_on,
    cast(purchase_number as int) as purchase_count,
    cast(orders_until as int) as order_count,
    case
        when online_until = 1 and offline_until = 1 then 'both'
        when online_until = 1 then 'online'
        when offline_until = 1 then 'offline'
    end as channel_habit,
    first_order_on,
    next_ordered_on,
    gap_days,
    {{ ratio(days_between('third_last_ordered_on', 'ordered_on'), '3') }} as recent_gap_days,
    {{ running_median('gap_days', ['customer_id', 'of_day'], 'ordered_on') }} as own_gap_days
from spaced
