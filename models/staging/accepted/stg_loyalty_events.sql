select
    loyalty.event_id,
    {{ unless_erased('coalesce(aliases.customer_id, loyalty.customer_id)') }} as customer_id,
    loyalty.occurred_at,
    {{ local_date('loyalty.occurred_at') }} as occurred_on,
    loyalty.event_type,
    loyalty.points,
    {{ in_reporting_currency(
        'loyalty.cost_amount', rate_to_reporting('loyalty.currency', 'rates.rate_to_reporting')
    ) }} as cost_amount
from {{ ref('judged_loyalty_events') }} as loyalty
left join {{ ref('stg_customer_aliases') }} as aliases on loyalty.customer_id = aliases.account_id
left join {{ ref('stg_daily_rates') }} as rates
    on loyalty.currency = rates.currency
    and {{ local_date('loyalty.occurred_at') }} = rates.rate_on
where
    loyalty.fate = 'accepted'
    and {{ known_at('loyalty.occurred_at') }}
    and {{ counts('loyalty.customer_id') }}
