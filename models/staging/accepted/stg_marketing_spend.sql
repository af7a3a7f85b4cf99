select
    spend.spend_date,
    spend.channel,
    spend.campaign,
    spend.purpose,
    {{ in_reporting_currency('spend.amount', rate_to_reporting('spend.currency', 'rates.rate_to_reporting')) }}
        as amount
from {{ ref('judged_marketing_spend') }} as spend
left join {{ ref('stg_daily_rates') }} as rates
    on spend.currency = rates.currency
    and spend.spend_date = rates.rate_on
where
    spend.fate = 'accepted'
    and {{ known_on('spend.spend_date') }}
