with

first_views as (
    select *
    from (
        select
            customer_id,
            product_id,
            session_id,
            occurred_at,
            row_number() over (partition by customer_id, product_id order by occurred_at, event_id) as place
        from {{ ref('recognised_events') }}
        where event_type = 'view' and product_id is not null
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
