with

versions as (
    {{ versions_of('cost_pools') }}
),

-- A pool is a month's cost, so the month's average rate converts it.
rated_months as (
    select distinct
        currency,
        {{ month_of('rate_on') }} as month
    from {{ ref('stg_daily_rates') }}
),

checked as (
    select
        versions.*,
        case
            when {{ is_foreign('versions.currency') }} and rated_months.month is null
                then 'no rate of its currency in its month'
        end as unrated,
        case when versions.month <> {{ month_of('versions.month') }} then 'month is not the first day of one' end
            as misdated,
        -- One month of the year 202 would begin the books, and the company's statement would end before today.
        case
            when versions.month < {{ month_of("cast('" ~ var('shop_opened_on') ~ "' as date)") }}
                then 'month is before the shop opened'
        end as too_early
    from versions
    left join rated_months
        on versions.currency = rated_months.currency
        and versions.month = rated_months.month
)

{{ fates_of('cost_pools', 'checked', ['unrated', 'misdated', 'too_early']) }}
