select
    customer_id,
    contribution_2_last_12_months,
    abc_tier
from {{ ref('segments_by_day') }}
where is_tonight
