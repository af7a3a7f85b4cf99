with

monthly_rates as (
    select
        currency,
        {{ month_of('rate_on') }} as month,
        cast(
            cast(sum(rate_to_reporting) as double) / count(*) as decimal(20, 8)
        ) as rate_to_reporting
    from {{ ref('stg_daily_rates') }}
    where {{ known_on('rate_on') }}
    group by currency, {{ month_of('rate_on') }}
)

select
    pools.month,
    pools.pool,
    {{ in_reporting_currency('pools.amount', rate_to_reporting('pools.currency', 'rates.rate_to_reporting')) }}
        as amount,
    pools.practical_capacity
from {{ ref('judged_cost_pools') }} as pools
left join monthly_rates as rates
    on pools.currency = rates.currency
    and pools.month = rates.month
where
    pools.fate = 'accepted'
    and {{ known_on('pools.month') }}
    -- Before the first rate of its month nobody knows what a bill in another currency comes to.
    and (not {{ is_foreign('pools.currency') }} or rates.month is not null)
