with

last_load as (
    select max(loaded_at) as loaded_at
    from {{ source('landed', 'loads') }}
),

-- The shop's trade says how far its data reach; a plan, a payment or a survey may be dated later.
events as (
    select max(ordered_at) as happened_at
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
    union all
    select max(refunded_at) as happened_at
    from {{ ref('judged_refunds') }}
    where fate = 'accepted'
),

last_days as (
    select
        {{ local_date('max(events.happened_at)') }} as last_event_on,
        {{ add_days(local_date('max(last_load.loaded_at)'), -1) }} as day_before_load
    from last_load
    left join events on events.happened_at is not null
)

-- A day is complete when it was over before the load that brought it.
select
    {% if var('as_of_date') -%}
    cast('{{ var("as_of_date") }}' as date)
    {%- else -%}
    coalesce(least(last_event_on, day_before_load), cast('{{ var("shop_opened_on") }}' as date))
    {%- endif %} as as_of_date
from last_days
