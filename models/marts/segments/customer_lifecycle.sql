select
    customer_id,
    rhythm_days,
    quiet_gaps,
    pause_gaps,
    pace,
    lifecycle_stage
from {{ ref('segments_by_day') }}
where is_tonight
