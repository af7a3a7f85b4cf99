with

profits as (
    select
        customer_id,
        as_of_date,
        contribution_2_last_12_months,
        net_sales_last_12_months
    from {{ ref('customer_day_measures') }}
),

{{ tiers_by_place('profits', 'contribution_2_last_12_months', 'pyramid_cutoffs', 'pyramid_tier', 'earners') }},

{{ tiers_by_place('profits', 'net_sales_last_12_months', 'member_tier_cutoffs', 'member_tier', 'members') }}

-- Who neither earned nor cost anything in the year stands at the foot of those who did not lose money.
select
    profits.customer_id,
    profits.as_of_date,
    case
        when profits.contribution_2_last_12_months < 0 then 'lead'
        when profits.contribution_2_last_12_months = 0 then 'iron'
        else earners.pyramid_tier
    end as pyramid_tier,
    coalesce(members.member_tier, 'ordinary') as member_tier
from profits
left join earners
    on profits.customer_id = earners.customer_id
    and profits.as_of_date = earners.as_of_date
left join members
    on profits.customer_id = members.customer_id
    and profits.as_of_date = members.as_of_date
