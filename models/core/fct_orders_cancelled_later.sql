with

-- A cancellation within the month of the order was known by its end.
cancelled as (
    select
        orders.*,
        {{ local_date('judged.cancelled_at') }} as cancelled_on
    from {{ ref('stg_orders') }} as orders
    inner join {{ ref('judged_orders') }} as judged
        on orders.order_id = judged.order_id
        and judged.fate = 'accepted'
    where
        orders.is_cancelled
        and {{ month_of(local_date('judged.cancelled_at')) }} > {{ month_of('orders.ordered_on') }}
),

orders_with_lines as (
    select distinct order_id
    from {{ ref('stg_order_lines') }}
    where order_id in (select order_id from cancelled)
)

select
    cancelled.order_id,
    cancelled.customer_id,
    cancelled.ordered_at,
    cancelled.ordered_on,
    {{ month_of('cancelled.ordered_on') }} as month,
    cancelled.cancelled_on,
    cancelled.sales_channel,
    cancelled.payment_method,
    {{ rate_to_reporting('cancelled.currency', 'rates.rate_to_reporting') }} as rate_to_reporting,
    cancelled.shipping_charged,
    cancelled.commission
from cancelled
inner join orders_with_lines on cancelled.order_id = orders_with_lines.order_id
left join {{ ref('stg_daily_rates') }} as rates
    on cancelled.currency = rates.currency
    and cancelled.ordered_on = rates.rate_on
