select
    customer_id,
    {{ rule_segments() | join(',\n    ') }}
from {{ ref('segments_by_day') }}
where is_tonight
