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

counted_pools as (
    {{ settings_of_shop(ref('loaded_pools'), ['pool'], ['pool', 'counted_share']) }}
),

-- What is spent on winning customers by no channel: the brand, and a part of what the ledger paid for staff and space.
common as (
    select month, amount
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'brand'
    union all
    select pools.month, {{ cents_of('pools.amount', 'counted_pools.counted_share') }} as amount
    from {{ ref('fct_cost_pools') }} as pools
    inner join counted_pools on pools.pool = counted_pools.pool
),

common_months as (
    select
        month,
        sum(amount) as common_costs
    from common
    group by month
),

rows_of_months as (
    select month, channel, campaign from spend
    union
    select month, channel, campaign from won
    union
    select month, 'unattributed' as channel, cast(null as string) as campaign from common_months
),

joined as (
    select
        rows_of_months.month,
        rows_of_months.channel,
        rows_of_months.campaign,
        coalesce(spend.spend, 0) as spend,
        coalesce(won.new_customers, 0) as new_customers,
        coalesce(common_months.common_costs, 0) as month_common_costs
    from rows_of_months
    left join spend
        on rows_of_months.month = spend.month
        and rows_of_months.channel = spend.channel
        and coalesce(rows_of_months.campaign, '') = coalesce(spend.campaign, '')
    left join won
        on rows_of_months.month = won.month
        and rows_of_months.channel = won.channel
        and coalesce(rows_of_months.campaign, '') = coalesce(won.campaign, '')
    left join common_months on rows_of_months.month = common_months.month
),

-- It follows the spend; in a month without, those who came; where nobody came either, it stays on the unattributed row.
weighed as (
    select
        *,
        case
            when sum(spend) over (partition by month) > 0 then {{ whole_number('spend', 2) }}
            when sum(new_customers) over (partition by month) > 0 then new_customers
            else 1
        end as weight,
        coalesce(campaign, '') as campaign_order
    from joined
),

shared as (
    {{ share_by_largest_remainder(
        'weighed', ['month'], 'month_common_costs', 'weight', ['channel', 'campaign_order']
    ) }}
)

select
    month,
    channel,
    campaign,
    cast(spend as decimal(18, 2)) as spend,
    share as common_costs,
    cast(new_customers as int) as new_customers
from shared
