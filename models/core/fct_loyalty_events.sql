select
    event_id,
    customer_id,
    occurred_at,
    {{ month_of('occurred_on') }} as month,
    event_type,
    points,
    coalesce(cost_amount, 0) as cost_amount
from {{ ref('stg_loyalty_events') }}
