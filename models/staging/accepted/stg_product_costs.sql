select
    costs.product_id,
    costs.valid_from,
    cast(costs.unit_cost * {{ rate_to_reporting('costs.currency', 'rates.rate_to_reporting') }} as decimal(20, 4))
        as unit_cost
from {{ ref('judged_product_costs') }} as costs
left join {{ ref('stg_daily_rates') }} as rates
    on costs.currency = rates.currency
    and costs.valid_from = rates.rate_on
where costs.fate = 'accepted'
