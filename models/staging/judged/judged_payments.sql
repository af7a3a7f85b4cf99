with

versions as (
    {{ versions_of('payments') }}
),

accepted_orders as (
    select
        order_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as order_currency
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
),

checked as (
    select
        versions.*,
        case when accepted_orders.order_id is null then 'its order has not been seen' end as orphaned,
        case
            when versions.currency <> accepted_orders.order_currency then 'its currency is not that of its order'
        end as in_other_currency
    from versions
    left join accepted_orders on versions.order_id = accepted_orders.order_id
)

{{ fates_of('payments', 'checked', ['orphaned', 'in_other_currency']) }}
