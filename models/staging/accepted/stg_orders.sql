select
    orders.order_id,
    orders.customer_id as account_id,
    {{ unless_erased('coalesce(aliases.customer_id, orders.customer_id)') }} as customer_id,
    orders.ordered_at,
    {{ local_date('orders.ordered_at') }} as ordered_on,
    coalesce(orders.status, case when orders.cancelled_at is null then 'completed' else 'cancelled' end) as status,
    -- A cancellation is an event too: on a day before it, the order still stood. One that does not say how it stands is
    -- cancelled where it says when it was.
    coalesce(orders.status = 'cancelled', orders.cancelled_at is not null)
    and coalesce({{ known_at('orders.cancelled_at') }}, true) as is_cancelled,
    orders.sales_channel,
    orders.session_id,
    coalesce(orders.currency, '{{ var("reporting_currency") }}') as currency,
    orders.shipping_charged,
    orders.discount_amount,
    orders.discount_purpose,
    orders.tax_amount,
    orders.commission,
    orders.payment_method,
    orders.delivery_country
from {{ ref('judged_orders') }} as orders
left join {{ ref('stg_customer_aliases') }} as aliases on orders.customer_id = aliases.account_id
where
    orders.fate = 'accepted'
    and {{ known_at('orders.ordered_at') }}
    and {{ counts('orders.customer_id') }}
