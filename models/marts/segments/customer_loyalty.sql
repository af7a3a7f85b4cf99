with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

profits as (
    select
        customer_id,
        order_count,
        net_profit
    from {{ ref('customer_profit') }}
),

considered as (
    select
        customer_id,
        median(consideration_hours) as consideration_hours,
        {{ ratio(
            'count(case when days_after_launch between 0 and ' ~ segment_rule('early_bird_days') ~ ' then 1 end)',
            'count(days_after_launch)'
        ) }} as early_bird_share
    from {{ ref('considerations') }}
    group by customer_id
),

-- Who referred them themselves: the first generation only.
referred as (
    select
        referrals.referrer_id as customer_id,
        count(*) as referred_count,
        sum(profits.net_profit) as referred_profit
    from {{ ref('fct_referrals') }} as referrals
    inner join profits on referrals.customer_id = profits.customer_id
    where referrals.generation = 1
    group by referrals.referrer_id
)

select
    profits.customer_id,
    case when profits.order_count > 0 then cast(profits.order_count - 1 as int) end as repeat_order_count,
    cast({{ ratio('greatest(profits.order_count - 1, 0)', 'profits.order_count') }} as decimal(9, 6)) as repeat_share,
    orders.category_count,
    cast({{ ratio('orders.discounted_sales', 'orders.sold_sales') }} as decimal(9, 6)) as discount_share,
    {{ to_places('considered.consideration_hours', 2) }} as consideration_hours,
    coalesce(incidents.incident_count, 0) as incident_count,
    cast({{ ratio('incidents.forgiven_count', 'incidents.judged_count') }} as decimal(9, 6)) as forgiven_share,
    cast(opinions.satisfaction as decimal(9, 6)) as satisfaction,
    opinions.nps,
    cast(coalesce(referred.referred_count, 0) as int) as referred_customer_count,
    case when referred.referred_count > 0 then {{ money_or_zero('referred.referred_profit') }} end as referred_profit,
    visits.visit_count,
    {{ to_places('visits.visit_minutes', 1) }} as visit_minutes,
    cast({{ days_between('visits.last_visited_on', 'as_of.as_of_date') }} as int) as days_since_last_visit,
    cast(considered.early_bird_share as decimal(9, 6)) as early_bird_share,
    considered.early_bird_share >= {{ segment_rule('early_bird_share') }} as is_early_bird,
    case
        when considered.consideration_hours <= {{ segment_rule('impulse_hours') }} then 'impulse'
        when considered.consideration_hours >= {{ segment_rule('planner_hours') }} then 'planner'
        when considered.consideration_hours is not null then 'in between'
    end as purchase_style,
    opinions.motive,
    opinions.attitude,
    opinions.lifestyle
from profits
cross join as_of
left join {{ ref('loyalty_orders') }} as orders on profits.customer_id = orders.customer_id
left join {{ ref('loyalty_incidents') }} as incidents on profits.customer_id = incidents.customer_id
left join {{ ref('opinions') }} as opinions on profits.customer_id = opinions.customer_id
left join {{ ref('visits') }} as visits on profits.customer_id = visits.customer_id
left join considered on profits.customer_id = considered.customer_id
left join referred on profits.customer_id = referred.customer_id
