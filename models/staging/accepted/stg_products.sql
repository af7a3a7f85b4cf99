with

first_rates as (
    select
        currency,
        min(rate_on) as rate_on
    from {{ ref('stg_daily_rates') }}
    group by currency
),

-- A price list in another currency is taken at the rate of the launch, or at the first one known.
dated as (
    select
        products.*,
        case
            when {{ local_date('products.launched_at') }} > first_rates.rate_on
                then {{ local_date('products.launched_at') }}
            else first_rates.rate_on
        end as rated_on
    from {{ ref('judged_products') }} as products
    left join first_rates on products.currency = first_rates.currency
    where products.fate = 'accepted'
)

select
    dated.product_id,
    dated.product_name,
    dated.category,
    dated.subcategory,
    cast(dated.list_price * {{ rate_to_reporting('dated.currency', 'rates.rate_to_reporting') }} as decimal(20, 4))
        as list_price,
    cast(dated.unit_cost * {{ rate_to_reporting('dated.currency', 'rates.rate_to_reporting') }} as decimal(20, 4))
        as unit_cost,
    dated.launched_at
from dated
left join {{ ref('stg_daily_rates') }} as rates
    on dated.currency = rates.currency
    and dated.rated_on = rates.rate_on
