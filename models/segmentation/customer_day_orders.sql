select
    days.customer_id,
    days.as_of_date,
    orders.order_count,
    orders.purchase_count,
    orders.channel_habit,
    orders.first_order_on,
    orders.ordered_on as last_order_on,
    orders.gap_days as last_gap_days,
    orders.recent_gap_days,
    orders.own_gap_days
from {{ ref('customer_days') }} as days
inner join {{ ref('order_days') }} as orders
    on days.customer_id = orders.customer_id
    and (orders.of_day is null or orders.of_day = days.as_of_date)
    and orders.ordered_on <= days.as_of_date
    and orders.next_ordered_on > days.as_of_date
