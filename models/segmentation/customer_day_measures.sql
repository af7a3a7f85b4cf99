select
    days.customer_id,
    days.as_of_date,
    days.is_tonight,
    days.is_month_end,
    cast({{ days_between('orders.last_order_on', 'days.as_of_date') }} as int) as recency_days,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(orders.purchase_count, 0) as purchase_count,
    orders.first_order_on,
    orders.last_order_on,
    orders.last_gap_days,
    orders.recent_gap_days,
    orders.own_gap_days,
    orders.channel_habit,
    profits.net_sales,
    profits.net_sales_last_12_months,
    profits.contribution_2,
    profits.contribution_2_last_12_months,
    profits.contribution_2_previous_12_months
from {{ ref('customer_days') }} as days
inner join {{ ref('customer_day_profits') }} as profits
    on days.customer_id = profits.customer_id
    and days.as_of_date = profits.as_of_date
left join {{ ref('customer_day_orders') }} as orders
    on days.customer_id = orders.customer_id
    and days.as_of_date = orders.as_of_date
