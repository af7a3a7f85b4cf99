with

rules as (
    select * from {{ ref('attribution_rules') }}
),

spend as (
    select
        rules.attribution,
        rules.is_statement,
        spend.month,
        spend.channel,
        sum(spend.amount) as amount
    from {{ ref('fct_marketing_spend') }} as spend
    cross join rules
    where spend.purpose = 'acquisition'
    group by rules.attribution, rules.is_statement, spend.month, spend.channel
    having sum(spend.amount) > 0
),

credits as (
    select
        attribution,
        month,
        channel,
        customer_id,
        {{ whole_number('sum(credit)', 6) }} as weight
    from {{ ref('fct_acquisition_credits') }}
    group by attribution, month, channel, customer_id
),

won as (
    select
        spend.attribution,
        spend.is_statement,
        spend.month,
        spend.channel,
        spend.amount,
        credits.customer_id,
        credits.weight
    from spend
    inner join credits
        on spend.attribution = credits.attribution
        and spend.month = credits.month
        and spend.channel = credits.channel
),

shared as (
    {{ share_by_largest_remainder(
        'won', ['attribution', 'month', 'channel'], 'amount', 'weight', ['customer_id']
    ) }}
),

-- Spend that won nobody is nobody's cost but the company's.
won_nobody as (
    select
        spend.attribution,
        spend.is_statement,
        spend.month,
        spend.channel,
        spend.amount
    from spend
    left join won
        on spend.attribution = won.attribution
        and spend.month = won.month
        and spend.channel = won.channel
    where won.month is null
),

shares as (
    select attribution, is_statement, month, channel, customer_id, share as amount
    from shared
    union all
    select attribution, is_statement, month, channel, cast(null as string) as customer_id, amount
    from won_nobody
)

select
    attribution,
    is_statement,
    month,
    channel,
    customer_id,
    cast(amount as decimal(18, 2)) as amount
from shares
