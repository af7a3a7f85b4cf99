select
    customer_id,
    channel_habit,
    frequency_band,
    spend_band
from {{ ref('segments_by_day') }}
where is_tonight
