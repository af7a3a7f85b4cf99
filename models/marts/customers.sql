select
    customers.customer_id,
    customers.is_inferred,
    customers.account_count,
    customers.country,
    customers.region,
    customers.age_band,
    customers.gender,
    customers.income_band,
    customers.education,
    customers.marketing_consent,
    customers.referred_by_customer_id,
    customers.acquired_on,
    customers.acquisition_channel,
    customers.acquisition_campaign,
    profit.first_order_on,
    profit.last_order_on,
    profit.order_count,
    profit.net_sales,
    profit.contribution_1,
    profit.contribution_2,
    profit.net_profit,
    profit.margin,
    profit.net_profit_last_12_months,
    profit.adjusted_profit,
    reasons.largest_cost_driver,
    reasons.why_unprofitable,
    habits.channel_habit,
    habits.frequency_band,
    habits.spend_band,
    segments.recency_days,
    segments.rfm_cell,
    segments.rfm_segment,
    segments.abc_tier,
    segments.pyramid_tier,
    segments.member_tier,
    lifetime.historic_value,
    lifetime.formula_value
from {{ ref('dim_customers') }} as customers
inner join {{ ref('customer_profit') }} as profit on customers.customer_id = profit.customer_id
inner join {{ ref('customer_profit_reasons') }} as reasons on customers.customer_id = reasons.customer_id
inner join {{ ref('customer_habits') }} as habits on customers.customer_id = habits.customer_id
inner join {{ ref('customer_segments') }} as segments on customers.customer_id = segments.customer_id
inner join {{ ref('customer_lifetime_value') }} as lifetime on customers.customer_id = lifetime.customer_id
