with

versions as (
    {{ versions_of('order_lines') }}
),

accepted_orders as (
    select order_id
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
),

checked as (
    select
        versions.*,
        case when accepted_orders.order_id is null then 'its order has not been seen' end as orphaned
    from versions
    left join accepted_orders on versions.order_id = accepted_orders.order_id
)

{{ fates_of('order_lines', 'checked', ['orphaned']) }}
