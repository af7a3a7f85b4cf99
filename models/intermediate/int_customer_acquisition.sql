select
    customer_id,
    acquired_on,
    month,
    channel,
    campaign
from {{ ref('int_acquisition_credits') }}
where is_statement
