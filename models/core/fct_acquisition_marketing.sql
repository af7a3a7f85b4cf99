with

spend as (
    select
        {{ month_of('spend_date') }} as month,
        channel,
        sum(amount) as amount
    from {{ ref('stg_marketing_spend') }}
    where purpose = 'acquisition'
    group by {{ month_of('spend_date') }}, channel
),

acquisitions as (
    select * from {{ ref('int_customer_acquisition') }}
),

won as (
    select
        spend.month,
        spend.channel,
        spend.amount,
        acquisitions.customer_id,
        1 as weight
    from spend
    inner join acquisitions
        on spend.channel = acquisitions.channel
        and spend.month = acquisitions.month
),

shared as (
    {{ share_by_largest_remainder('won', ['month', 'channel'], 'amount', 'weight', ['customer_id']) }}
),

-- Spend that won nobody is nobody's cost but the company's.
won_nobody as (
    select
        spend.month,
        spend.channel,
        cast(null as string) as customer_id,
        spend.amount
    from spend
    left join won
        on spend.month = won.month
        and spend.channel = won.channel
    where won.month is null
),

shares as (
    select
        month,
        channel,
        customer_id,
        share as amount
    from shared
    union all
    select
        month,
        channel,
        customer_id,
        amount
    from won_nobody
)

select * from shares
