select
    customer_id,
    pyramid_tier,
    member_tier
from {{ ref('segments_by_day') }}
where is_tonight
