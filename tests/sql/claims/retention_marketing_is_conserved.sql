-- What it is: for each month, channel and purpose, spend on keeping or winning back = shares of customers + what
-- reached nobody; and spend is nobody's only where it reached nobody.
-- When it matters: a share was dropped or doubled; what keeping customers costs would be wrong.
-- How to resolve it: fct_retention_marketing; the sharing macro gives every cent to somebody.
with

spend as (
    select
        month,
        channel,
        purpose,
        sum(amount) as amount
    from {{ ref('fct_marketing_spend') }}
    where purpose in ('retention', 'reactivation')
    group by month, channel, purpose
),

shares as (
    select
        month,
        channel,
        purpose,
        sum(amount) as amount,
        count(customer_id) as sharers,
        count(*) - count(customer_id) as without_sharer
    from {{ ref('fct_retention_marketing') }}
    group by month, channel, purpose
)

select
    coalesce(spend.month, shares.month) as month,
    coalesce(spend.channel, shares.channel) as channel,
    coalesce(spend.purpose, shares.purpose) as purpose,
    spend.amount as spent,
    shares.amount as shared
from spend
full outer join shares
    on spend.month = shares.month
    and spend.channel = shares.channel
    and spend.purpose = shares.purpose
where
    spend.amount is distinct from shares.amount
    or (shares.sharers > 0 and shares.without_sharer > 0)
