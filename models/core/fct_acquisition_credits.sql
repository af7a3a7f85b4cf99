select
    customer_id,
    month,
    attribution,
    is_statement,
    channel,
    campaign,
    touch_count,
    credit
from {{ ref('int_acquisition_credits') }}
