with

cancelled as (
    select * from {{ ref('fct_orders_cancelled_later') }}
),

fee_rates as (
    select * from {{ ref('int_payment_fee_rates') }}
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
                then {{ payment_fee(
                    'payments.amount',
                    'coalesce(of_method.share_of_amount, of_any.share_of_amount)',
                    'coalesce(of_method.fixed_fee, of_any.fixed_fee)'
                ) }}
        end as standard_fee
    from payments
    left join fee_rates as of_method
        on payments.method = of_method.method
        and {{ is_valid_on('payments.known_from', 'of_method') }}
    left join fee_rates as of_any
        on of_any.method = '*'
        and {{ is_valid_on('payments.known_from', 'of_any') }}
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
