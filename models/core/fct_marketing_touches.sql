select
    touch_id,
    customer_id,
    touched_at,
    touched_on,
    {{ month_of('touched_on') }} as month,
    channel,
    campaign,
    purpose
from {{ ref('stg_marketing_touches') }}
