select
    event_id,
    occurred_at,
    occurred_on,
    event_type,
    product_id,
    customer_id,
    session_id
from {{ ref('fct_web_events') }}
where customer_id is not null
union all
-- Not logged in: an order of the session says who it was.
select
    events.event_id,
    events.occurred_at,
    events.occurred_on,
    events.event_type,
    events.product_id,
    owners.customer_id,
    events.session_id
from {{ ref('fct_web_events') }} as events
inner join {{ ref('session_owners') }} as owners on events.session_id = owners.session_id
where events.customer_id is null
