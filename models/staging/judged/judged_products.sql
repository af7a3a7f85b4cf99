with

versions as (
    {{ versions_of('products') }}
),

rated_currencies as (
    select distinct currency
    from {{ ref('stg_daily_rates') }}
),

checked as (
    select
        versions.*,
        case
            when {{ is_foreign('versions.currency') }} and rated_currencies.currency is null
                then 'no rate of its currency at all'
        end as unrated
    from versions
    left join rated_currencies on versions.currency = rated_currencies.currency
)

{{ fates_of('products', 'checked', ['unrated']) }}
