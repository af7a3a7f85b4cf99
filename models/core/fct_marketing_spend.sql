select
    spend_date,
    {{ month_of('spend_date') }} as month,
    channel,
    campaign,
    purpose,
    amount
from {{ ref('stg_marketing_spend') }}
