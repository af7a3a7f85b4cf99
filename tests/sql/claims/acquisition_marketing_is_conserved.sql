-- What it is: under each attribution rule, for each month and channel, acquisition spend = shares of the customers
-- won + what won nobody; and spend is nobody's only where nobody was won.
-- When it matters: a share was dropped or doubled; the channel's cost per customer would be wrong.
-- How to resolve it: fct_attributed_marketing; the sharing macro gives every cent to somebody.
with

spend as (
    select
        rules.attribution,
        spend.month,
        spend.channel,
        sum(spend.amount) as amount
    from {{ ref('fct_marketing_spend') }} as spend
    cross join {{ ref('attribution_rules') }} as rules
    where spend.purpose = 'acquisition'
    group by rules.attribution, spend.month, spend.channel
    having sum(spend.amount) > 0
),

shares as (
    select
        attribution,
        month,
        channel,
        sum(amount) as amount,
        count(customer_id) as sharers,
        count(*) - count(customer_id) as without_sharer
    from {{ ref('fct_attributed_marketing') }}
    group by attribution, month, channel
)

select
    coalesce(spend.attribution, shares.attribution) as attribution,
    coalesce(spend.month, shares.month) as month,
    coalesce(spend.channel, shares.channel) as channel,
    spend.amount as spent,
    shares.amount as shared
from spend
full outer join shares
    on spend.attribution = shares.attribution
    and spend.month = shares.month
    and spend.channel = shares.channel
where
    spend.amount is distinct from shares.amount
    or (shares.sharers > 0 and shares.without_sharer > 0)
