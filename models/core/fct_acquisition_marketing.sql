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

won as (
    select
        spend.month,
        spend.channel,
        spend.amount,
        acquisitions.customer_id,
        1 as weight
    from spend
    inner join {{ ref('int_customer_acquisition') }} as acquisitions
        on spend.channel = acquisitions.channel
        and spend.month = acquisitions.month
),

shared as (
{{ share_by_largest_remainder('won', ['month', 'channel'], 'amount', 'weight', ['customer_id']) }}
)

select
    month,
    channel,
    customer_id,
    share as amount
from shared
