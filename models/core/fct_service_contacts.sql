select
    contact_id,
    customer_id,
    opened_at,
    {{ month_of('opened_on') }} as month,
    order_id,
    channel,
    reason,
    handle_minutes,
    satisfaction
from {{ ref('stg_service_contacts') }}
