select
    contacts.contact_id,
    {{ unless_erased('coalesce(aliases.customer_id, contacts.customer_id)') }} as customer_id,
    contacts.opened_at,
    {{ local_date('contacts.opened_at') }} as opened_on,
    contacts.order_id,
    contacts.channel,
    contacts.reason,
    contacts.handle_minutes,
    contacts.satisfaction
from {{ ref('judged_service_contacts') }} as contacts
left join {{ ref('stg_customer_aliases') }} as aliases on contacts.customer_id = aliases.account_id
where
    contacts.fate = 'accepted'
    and {{ known_at('contacts.opened_at') }}
    and {{ counts('contacts.customer_id') }}
