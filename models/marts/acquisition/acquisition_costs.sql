with

spend as (
    select
        month,
        channel,
        campaign,
        sum(amount) as spend
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'acquisition'
    group by month, channel, campaign
),

won as (
    select
        acquired_month as month,
        acquisition_channel as channel,
        acquisition_campaign as campaign,
        count(*) as new_customers
    from {{ ref('dim_customers') }}
    where acquired_month is not null
    group by acquired_month, acquisition_channel, acquisition_campaign
),

joined as (
    select
        coalesce(spend.month, won.month) as month,
        coalesce(spend.channel, won.channel) as channel,
        coalesce(spend.campaign, won.campaign) as campaign,
        coalesce(spend.spend, 0) as spend,
        coalesce(won.new_customers, 0) as new_customers
    from spend
    full outer join won
        on spend.month = won.month
        and spend.channel = won.channel
        and coalesce(spend.campaign, '') = coalesce(won.campaign, '')
),

with_month_totals as (
    select
        *,
        sum(spend) over (partition by month) as month_spend,
        sum(new_customers) over (partition by month) as month_new_customers
    from joined
)

-- A channel without spend is not won for nothing: what it cost is not known, so its cost is null.
select
    month,
    channel,
    campaign,
    cast(spend as decimal(20, 2)) as spend,
    cast(new_customers as int) as new_customers,
    case when spend > 0 then {{ per_head('spend', 'new_customers') }} end as paid_acquisition_cost,
    case when month_spend > 0 then {{ per_head('month_spend', 'month_new_customers') }} end
        as blended_acquisition_cost
from with_month_totals
