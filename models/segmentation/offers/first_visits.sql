with

views as (
    select
        coalesce(events.customer_id, owners.customer_id) as customer_id,
        events.product_id,
        events.session_id,
        events.occurred_at,
        events.event_id
    from {{ ref('fct_web_events') }} as events
    left join {{ ref('session_owners') }} as owners on events.session_id = owners.session_id
    where events.event_type = 'view' and events.product_id is not null
),

first_views as (
    select *
    from (
        select
            *,
            row_number() over (partition by customer_id, product_id order by occurred_at, event_id) as place
        from views
        where customer_id is not null
    ) as placed
    where place = 1
),

bought as (
    select distinct
        lines.order_id,
        lines.product_id
    from {{ ref('fct_order_lines') }} as lines
    where not lines.is_charge
)

-- Who had not seen it before they ordered it saw it where nobody watched.
select
    bought.order_id,
    bought.product_id,
    case
        when first_views.session_id is not null and first_views.occurred_at <= orders.ordered_at
            then first_views.session_id = orders.session_id
    end as is_first_visit
from bought
inner join {{ ref('fct_orders') }} as orders on bought.order_id = orders.order_id
left join first_views
    on orders.customer_id = first_views.customer_id
    and bought.product_id = first_views.product_id
