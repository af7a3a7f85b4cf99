with

bought as (
    select
        lines.customer_id,
        lines.product_id,
        min(orders.ordered_at) as ordered_at
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('fct_orders') }} as orders on lines.order_id = orders.order_id
    where not lines.is_charge and lines.customer_id is not null
    group by lines.customer_id, lines.product_id
),

viewed as (
    select
        bought.customer_id,
        bought.product_id,
        min(events.occurred_at) as viewed_at
    from bought
    inner join {{ ref('recognised_events') }} as events
        on bought.customer_id = events.customer_id
        and bought.product_id = events.product_id
        and events.event_type = 'view'
        and events.occurred_at <= bought.ordered_at
    group by bought.customer_id, bought.product_id
)

select
    bought.customer_id,
    bought.product_id,
    {{ seconds_between('viewed.viewed_at', 'bought.ordered_at') }} / 3600 as consideration_hours,
    {{ days_between(local_date('products.launched_at'), local_date('bought.ordered_at')) }} as days_after_launch
from bought
inner join {{ ref('dim_products') }} as products on bought.product_id = products.product_id
left join viewed
    on bought.customer_id = viewed.customer_id
    and bought.product_id = viewed.product_id
