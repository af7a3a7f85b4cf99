select
    event_id,
    occurred_at,
    occurred_on,
    event_type,
    product_id,
    customer_id,
    session_id
from {{ ref('stg_web_events') }}
