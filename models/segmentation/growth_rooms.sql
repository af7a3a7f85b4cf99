with

customers as (
    select
        segments.customer_id,
        segments.rfm_segment,
        cast(segments.order_count as double) as order_count,
        cast(orders.category_count as double) as category_count
    from {{ ref('customer_rfm') }} as segments
    left join {{ ref('loyalty_orders') }} as orders on segments.customer_id = orders.customer_id
    where segments.order_count > 0
),

best as (
    select
        rfm_segment,
        percentile_cont(0.8) within group (order by order_count) as order_count,
        percentile_cont(0.8) within group (order by category_count) as category_count
    from customers
    group by rfm_segment
)

-- How much of what the best fifth of their segment do they do not do yet.
select
    customers.customer_id,
    greatest({{ ratio('best.order_count - customers.order_count', 'best.order_count') }}, 0) as frequency_room,
    case
        when customers.category_count is not null
            then greatest({{ ratio('best.category_count - customers.category_count', 'best.category_count') }}, 0)
    end as breadth_room
from customers
inner join best on customers.rfm_segment = best.rfm_segment
