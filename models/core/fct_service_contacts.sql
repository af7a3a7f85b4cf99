-- A contact counts for the order that it names where that is one of the same customer.
select
    contacts.contact_id,
    contacts.customer_id,
    contacts.opened_at,
    {{ month_of('contacts.opened_on') }} as month,
    orders.order_id,
    contacts.channel,
    contacts.reason,
    contacts.handle_minutes,
    contacts.satisfaction
from {{ ref('stg_service_contacts') }} as contacts
left join {{ ref('fct_orders') }} as orders
    on contacts.order_id = orders.order_id
    and contacts.customer_id = orders.customer_id
    and orders.is_counted
