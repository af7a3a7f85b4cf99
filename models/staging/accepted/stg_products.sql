with

products as (
    select
        *,
        {{ local_date('launched_at') }} as launched_on
    from {{ ref('judged_products') }}
    where fate = 'accepted'
),

daily_rates as (
    select * from {{ ref('stg_daily_rates') }}
),

launches as (
    select distinct
        currency,
        launched_on
    from products
),

-- A price list in another currency is taken at the rate of the launch; where there is none of that day, as for what is
-- launched next month, at the last one before; else at the first one known.
rated_launches as (
    select
        launches.currency,
        launches.launched_on,
        coalesce(
            max(case when daily_rates.rate_on <= launches.launched_on then daily_rates.rate_on end),
            min(daily_rates.rate_on)
        ) as rated_on
    from launches
    inner join daily_rates on launches.currency = daily_rates.currency
    group by launches.currency, launches.launched_on
)

select
    listed.product_id,
    listed.product_name,
    listed.category,
    listed.subcategory,
    cast(listed.list_price * {{ rate_to_reporting('listed.currency', 'rates.rate_to_reporting') }} as decimal(20, 4))
        as list_price,
    cast(listed.unit_cost * {{ rate_to_reporting('listed.currency', 'rates.rate_to_reporting') }} as decimal(20, 4))
        as unit_cost,
    listed.launched_at
from products as listed
left join rated_launches
    on listed.currency = rated_launches.currency
    and listed.launched_on is not distinct from rated_launches.launched_on
left join daily_rates as rates
    on rated_launches.currency = rates.currency
    and rated_launches.rated_on = rates.rate_on
