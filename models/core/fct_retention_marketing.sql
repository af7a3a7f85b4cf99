with

spend as (
    select
        {{ month_of('spend_date') }} as month,
        channel,
        purpose,
        cast(sum(amount) as decimal(18, 2)) as amount
    from {{ ref('stg_marketing_spend') }}
    where purpose in ('retention', 'reactivation')
    group by {{ month_of('spend_date') }}, channel, purpose
),

touched as (
    select
        {{ month_of('touched_on') }} as month,
        channel,
        purpose,
        customer_id,
        count(*) as weight
    from {{ ref('stg_marketing_touches') }}
    where purpose in ('retention', 'reactivation')
    group by {{ month_of('touched_on') }}, channel, purpose, customer_id
),

channels_with_touches as (
    select distinct
        month,
        channel,
        purpose
    from touched
),

active as (
    select distinct
        {{ month_of('ordered_on') }} as month,
        customer_id
    from {{ ref('int_counted_orders') }}
    where customer_id is not null
),

-- Spend follows those whom it touched; where no touch is recorded, all who were active share it alike.
sharers as (
    select
        spend.month,
        spend.channel,
        spend.purpose,
        spend.amount,
        touched.customer_id,
        touched.weight
    from spend
    inner join touched
        on spend.month = touched.month
        and spend.channel = touched.channel
        and spend.purpose = touched.purpose
    union all
    select
        spend.month,
        spend.channel,
        spend.purpose,
        spend.amount,
        active.customer_id,
        1 as weight
    from spend
    inner join active on spend.month = active.month
    left join channels_with_touches
        on spend.month = channels_with_touches.month
        and spend.channel = channels_with_touches.channel
        and spend.purpose = channels_with_touches.purpose
    where channels_with_touches.month is null
),

shared as (
    {{ share_by_largest_remainder('sharers', ['month', 'channel', 'purpose'], 'amount', 'weight', ['customer_id']) }}
),

-- Spend that reached nobody is nobody's cost but the company's.
reached_nobody as (
    select
        spend.month,
        spend.channel,
        spend.purpose,
        cast(null as string) as customer_id,
        spend.amount
    from spend
    left join sharers
        on spend.month = sharers.month
        and spend.channel = sharers.channel
        and spend.purpose = sharers.purpose
    where sharers.month is null
),

shares as (
    select
        month,
        channel,
        purpose,
        customer_id,
        share as amount
    from shared
    union all
    select
        month,
        channel,
        purpose,
        customer_id,
        amount
    from reached_nobody
)

select * from shares
