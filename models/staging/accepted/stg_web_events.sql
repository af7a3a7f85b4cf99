select
    events.event_id,
    events.occurred_at,
    {{ local_date('events.occurred_at') }} as occurred_on,
    events.event_type,
    events.product_id,
    coalesce(aliases.customer_id, events.customer_id) as customer_id,
    events.session_id
from {{ ref('judged_web_events') }} as events
left join {{ ref('stg_customer_aliases') }} as aliases on events.customer_id = aliases.account_id
where
    events.fate = 'accepted'
    and {{ known_at('events.occurred_at') }}
    and {{ counts('events.customer_id') }}
