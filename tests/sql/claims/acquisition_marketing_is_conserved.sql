-- What it is: for each month and channel, acquisition spend = shares of the customers won there, or nobody was won.
-- When it matters: a share was dropped or doubled; the channel's cost per customer would be wrong.
-- How to resolve it: fct_acquisition_marketing; the sharing macro gives every cent to somebody.
with

spend as (
    select
        month,
        channel,
        sum(amount) as amount
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'acquisition'
    group by month, channel
),

shares as (
    select
        month,
        channel,
        sum(amount) as amount
    from {{ ref('fct_acquisition_marketing') }}
    group by month, channel
),

won as (
    select distinct
        acquired_month as month,
        acquisition_channel as channel
    from {{ ref('dim_customers') }}
    where acquired_month is not null
)

select
    spend.month,
    spend.channel,
    spend.amount as spent,
    shares.amount as shared
from spend
left join won on spend.month = won.month and spend.channel = won.channel
left join shares on spend.month = shares.month and spend.channel = shares.channel
where coalesce(shares.amount, 0) <> case when won.month is null then 0 else spend.amount end
