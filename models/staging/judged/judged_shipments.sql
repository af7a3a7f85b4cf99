with

versions as (
    {{ versions_of('shipments') }}
),

accepted_orders as (
    select
        order_id,
        currency
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
),

daily_rates as (
    select * from {{ ref('stg_daily_rates') }}
),

checked as (
    select
        versions.*,
        case when accepted_orders.order_id is null then 'its order has not been seen' end as orphaned,
        case
            when
                {{ is_foreign('coalesce(versions.currency, accepted_orders.currency)') }}
                and daily_rates.rate_to_reporting is null
                then 'no rate of its currency within 7 days'
        end as unrated
    from versions
    left join accepted_orders on versions.order_id = accepted_orders.order_id
    left join daily_rates
        on coalesce(versions.currency, accepted_orders.currency) = daily_rates.currency
        and {{ local_date('versions.shipped_at') }} = daily_rates.rate_on
)

{{ fates_of('shipments', 'checked', ['orphaned', 'unrated']) }}
