with

profits as (
    select
        customer_id,
        contribution_2_last_12_months,
        net_sales_last_12_months
    from {{ ref('customer_profit') }}
),

earners as (
    select
        customer_id,
        row_number() over (order by contribution_2_last_12_months desc, customer_id) - 1 as customers_before,
        count(*) over () as customer_count
    from profits
    where contribution_2_last_12_months > 0
),

pyramid as (
    select
        earners.customer_id,
        cutoffs.pyramid_tier
    from earners
    inner join {{ ref('pyramid_cutoffs') }} as cutoffs
        on earners.customers_before >= earners.customer_count * cutoffs.from_share
        and earners.customers_before < earners.customer_count * cutoffs.to_share
),

buyers as (
    select
        customer_id,
        row_number() over (order by net_sales_last_12_months desc, customer_id) - 1 as customers_before,
        count(*) over () as customer_count
    from profits
    where net_sales_last_12_months > 0
),

members as (
    select
        buyers.customer_id,
        cutoffs.member_tier
    from buyers
    inner join {{ ref('member_tier_cutoffs') }} as cutoffs
        on buyers.customers_before >= buyers.customer_count * cutoffs.from_share
        and buyers.customers_before < buyers.customer_count * cutoffs.to_share
)

-- Who neither earned nor cost anything in the year stands at the foot of those who did not lose money.
select
    profits.customer_id,
    case
        when profits.contribution_2_last_12_months < 0 then 'lead'
        when profits.contribution_2_last_12_months = 0 then 'iron'
        else pyramid.pyramid_tier
    end as pyramid_tier,
    coalesce(members.member_tier, 'ordinary') as member_tier
from profits
left join pyramid on profits.customer_id = pyramid.customer_id
left join members on profits.customer_id = members.customer_id
