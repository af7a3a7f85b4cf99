with

as_of as (
    select {{ add_months('as_of_month', -11) }} as last_12_months_from
    from {{ ref('dim_as_of') }}
),

products as (
    select product_id
    from {{ ref('dim_products') }}
    where not is_charge
),

earned as (
    select
        profit.product_id,
        sum(profit.contribution_1) as contribution_1
    from {{ ref('product_profit') }} as profit
    inner join as_of on profit.month >= as_of.last_12_months_from
    group by profit.product_id
),

profits as (
    select
        products.product_id,
        {{ money_or_zero('earned.contribution_1') }} as contribution_1_last_12_months
    from products
    left join earned on products.product_id = earned.product_id
),

{{ abc_tiers('profits', 'product_id', 'contribution_1_last_12_months', []) }}

select
    product_id,
    contribution_1_last_12_months,
    abc_tier
from tiered
