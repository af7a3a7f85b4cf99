with

incidents as (
    select
        customer_id,
        refunded_at as occurred_at
    from {{ ref('fct_refunds') }}
    where not is_charge and customer_id is not null
    union all
    select
        contacts.customer_id,
        contacts.opened_at as occurred_at
    from {{ ref('fct_service_contacts') }} as contacts
    inner join {{ ref('complaint_reasons') }} as reasons on contacts.reason = reasons.reason
),

last_orders as (
    select
        customer_id,
        max(ordered_at) as ordered_at
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
    group by customer_id
),

judged as (
    select
        incidents.customer_id,
        coalesce(last_orders.ordered_at > incidents.occurred_at, false) as is_forgiven,
        {{ days_between(local_date('incidents.occurred_at'), 'as_of.as_of_date') }} as days_ago
    from incidents
    cross join {{ ref('dim_as_of') }} as as_of
    left join last_orders on incidents.customer_id = last_orders.customer_id
)

-- Of an incident of which it is too early to say, nothing is said; unless they have come back already.
select
    customer_id,
    cast(count(*) as int) as incident_count,
    sum(case when is_forgiven then 1 else 0 end) as forgiven_count,
    sum(case when is_forgiven or days_ago >= {{ segment_rule('forgiveness_days') }} then 1 else 0 end) as judged_count
from judged
group by customer_id
