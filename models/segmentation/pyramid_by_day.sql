with

profits as (
    select
        customer_id,
        as_of_date,
        contribution_2_last_12_months,
        net_sales_last_12_months
    from {{ ref('customer_day_measures') }}
),

{{ places_of_tiers('profits', 'contribution_2_last_12_months', 'pyramid_cutoffs', 'pyramid_tier', 'earners') }},

{{ places_of_tiers('profits', 'net_sales_last_12_months', 'member_tier_cutoffs', 'member_tier', 'members') }},

placed as (
    select
        *,
        row_number() over (
            partition by as_of_date order by contribution_2_last_12_months desc, customer_id
        ) - 1 as earned_more,
        row_number() over (
            partition by as_of_date order by net_sales_last_12_months desc, customer_id
        ) - 1 as bought_more
    from profits
)

-- Who neither earned nor cost anything in the year stands at the foot of those who did not lose money.
select
    placed.customer_id,
    placed.as_of_date,
    case
        when placed.contribution_2_last_12_months < 0 then 'lead'
        when placed.contribution_2_last_12_months = 0 then 'iron'
        else earners.pyramid_tier
    end as pyramid_tier,
    coalesce(case when placed.net_sales_last_12_months > 0 then members.member_tier end, 'ordinary') as member_tier
from placed
left join earners
    on placed.as_of_date = earners.as_of_date
    and placed.earned_more >= earners.from_place
    and placed.earned_more < earners.until_place
left join members
    on placed.as_of_date = members.as_of_date
    and placed.bought_more >= members.from_place
    and placed.bought_more < members.until_place
