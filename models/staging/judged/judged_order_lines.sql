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
        case when accepted_orders.order_id is null then 'its order has not been seen' end as orphaned,
        case
            when versions.quantity * versions.unit_price >= 1000000000000
                then 'quantity * unit_price has more than 12 digits before the point'
        end as beyond_measure
    from versions
    left join accepted_orders on versions.order_id = accepted_orders.order_id
)

{{ fates_of('order_lines', 'checked', ['orphaned', 'beyond_measure']) }}
