select
    touches.touch_id,
    coalesce(aliases.customer_id, touches.customer_id) as customer_id,
    touches.touched_at,
    {{ local_date('touches.touched_at') }} as touched_on,
    touches.channel,
    touches.campaign,
    touches.purpose
from {{ ref('judged_marketing_touches') }} as touches
left join {{ ref('stg_customer_aliases') }} as aliases on touches.customer_id = aliases.account_id
where
    touches.fate = 'accepted'
    and {{ known_at('touches.touched_at') }}
    and {{ counts('touches.customer_id') }}
