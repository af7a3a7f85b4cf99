with

cancelled as (
    select * from {{ ref('fct_orders_cancelled_later') }}
),

payments as (
    select
        payments.payment_id,
        payments.method,
        payments.status,
        cancelled.order_id,
        cancelled.customer_id,
        cancelled.month,
        cancelled.ordered_on,
        cancelled.cancelled_on,
        coalesce({{ local_date('payments.paid_at') }}, cancelled.ordered_on) as known_from,
        {{ local_date('payments.chargeback_at') }} as chargeback_on,
        {{ local_date('payments.due_at') }} as due_on,
        {{ in_reporting_currency('payments.amount', 'cancelled.rate_to_reporting') }} as amount,
        {{ in_reporting_currency('payments.fee_amount', 'cancelled.rate_to_reporting') }} as known_fee
    from {{ ref('stg_payments') }} as payments
    inner join cancelled on payments.order_id = cancelled.order_id
),

priced as (
    select
        payments.*,
        case
            when coalesce(payments.status, '') <> 'failed'
                then {{ payment_fee('payments.amount') }}
        end as standard_fee
    from payments
    {{ join_payment_fee_rates('payments.method', 'payments.known_from') }}
)

select
    payment_id,
    order_id,
    customer_id,
    month,
    known_from,
    cancelled_on,
    status,
    chargeback_on,
    due_on,
    amount,
    coalesce(known_fee, standard_fee, cast(0 as decimal(18, 2))) as fee_amount
from priced
