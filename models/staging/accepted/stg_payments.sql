select
    payments.payment_id,
    payments.order_id,
    payments.method,
    payments.amount,
    payments.fee_amount,
    payments.due_at,
    payments.paid_at,
    case when {{ known_at('payments.chargeback_at') }} then payments.chargeback_at end as chargeback_at,
    case
        when payments.status = 'chargeback' and not coalesce({{ known_at('payments.chargeback_at') }}, true) then 'paid'
        when payments.status is null and {{ known_at('payments.chargeback_at') }} then 'chargeback'
        else payments.status
    end as status
from {{ ref('judged_payments') }} as payments
inner join {{ ref('stg_orders') }} as orders on payments.order_id = orders.order_id
where
    payments.fate = 'accepted'
    and coalesce({{ known_at('payments.paid_at') }}, true)
