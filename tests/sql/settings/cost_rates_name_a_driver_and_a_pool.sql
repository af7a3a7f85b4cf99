-- What it is: each activity of cost_rates.csv is counted by a driver that there is, and draws on a pool with a rule.
-- When it matters: otherwise the activity would cost nothing, and nobody would notice.
-- How to resolve it: spell the driver as in drivers.csv, the pool as in pool_rules.csv; rates are not negative.
with

drivers as (
    select driver, is_by_channel
    from {{ ref('drivers') }}
),

pools as (
    select distinct
        shop,
        pool
    from {{ ref('pool_rules') }}
),

checked as (
    select
        rates.*,
        drivers.driver is null as has_unknown_driver,
        pools.pool is null as has_unknown_pool
    from {{ ref('cost_rates') }} as rates
    left join drivers on {{ is_named_driver('rates.driver', 'drivers') }}
    left join pools
        on rates.pool = pools.pool
        and rates.shop = pools.shop
),

problems as (
    select
        *,
        case
            when activity is null or shop is null then 'shop and activity must be given'
            when has_unknown_driver
                then 'the driver ' || coalesce(driver, '(empty)') || ' is none of drivers.csv'
            when has_unknown_pool
                then 'the pool ' || coalesce(pool, '(empty)') || ' has no row in pool_rules.csv for this shop'
            when coalesce(rate, -1) < 0 then 'the rate must be a number that is not negative'
            when minutes_per_unit <= 0 then 'minutes_per_unit must be above 0, or empty'
        end as problem
    from checked
)

select
    'cost_rates.csv, row ' || coalesce(shop, '(empty)') || ', ' || coalesce(activity, '(empty)') || ', from '
    || coalesce(cast(valid_from as string), '(empty)') || ': ' || problem as problem
from problems
where problem is not null
