with

-- An account of which nobody knows when it was opened was always there.
listed as (
    select
        customer_id,
        referred_by_customer_id,
        coalesce({{ local_date('created_at') }}, cast('1900-01-01' as date)) as seen_on
    from {{ ref('stg_customers') }}
),

seen as (
    select customer_id, seen_on from listed
    union all
    select referred_by_customer_id as customer_id, seen_on from listed
    union all
    select customer_id, ordered_on as seen_on from {{ ref('stg_orders') }}
    union all
    select customer_id, refunded_on as seen_on from {{ ref('stg_refunds') }}
    union all
    select customer_id, touched_on as seen_on from {{ ref('stg_marketing_touches') }}
    union all
    select customer_id, opened_on as seen_on from {{ ref('stg_service_contacts') }}
    union all
    select customer_id, occurred_on as seen_on from {{ ref('stg_loyalty_events') }}
    union all
    select customer_id, occurred_on as seen_on from {{ ref('stg_web_events') }}
    union all
    select customer_id, surveyed_on as seen_on from {{ ref('stg_surveys') }}
)

select
    customer_id,
    min(seen_on) as first_seen_on
from seen
where customer_id is not null
group by customer_id
