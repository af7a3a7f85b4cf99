with

payments as (
    select * from {{ ref('stg_payments') }}
),

orders as (
    select * from {{ ref('int_counted_orders') }}
),

dated as (
    select
        payments.payment_id,
        payments.order_id,
        orders.customer_id,
        payments.method,
        payments.status,
        payments.due_at,
        payments.paid_at,
        payments.chargeback_at,
        coalesce({{ local_date('payments.paid_at') }}, orders.ordered_on) as paid_on,
        orders.ordered_on,
        -- A loss is one on the day it is known: of the chargeback, or when a failed payment falls due. A day handed in
        -- without a time begins, west of Greenwich, on the evening before: nothing is lost before it was ordered.
        greatest(
            coalesce(
                {{ local_date('payments.chargeback_at') }},
                case when {{ known_at('payments.due_at') }} then {{ local_date('payments.due_at') }} end,
                orders.ordered_on
            ),
            orders.ordered_on
        ) as lost_on,
        {{ in_reporting_currency('payments.amount', 'orders.rate_to_reporting') }} as amount,
        {{ in_reporting_currency('payments.fee_amount', 'orders.rate_to_reporting') }} as known_fee,
        row_number() over (
            partition by payments.order_id
            order by case when payments.status = 'failed' then 1 else 0 end, payments.payment_id desc
        ) as place_in_order
    from payments
    inner join orders on payments.order_id = orders.order_id
),

priced as (
    select
        dated.*,
        case
            when coalesce(dated.status, '') <> 'failed'
                then {{ payment_fee('dated.amount') }}
        end as standard_fee
    from dated
    {{ join_payment_fee_rates('dated.method', 'dated.paid_on') }}
)

select
    payment_id,
    order_id,
    customer_id,
    method,
    status,
    due_at,
    paid_at,
    chargeback_at,
    paid_on,
    {{ month_of('ordered_on') }} as month,
    amount,
    coalesce(known_fee, standard_fee, cast(0 as decimal(18, 2))) as fee_amount,
    case
        when known_fee is not null then 'actual'
        when standard_fee is not null then 'standard'
    end as fee_basis,
    {{ month_of('lost_on') }} as lost_month,
    -- A failed attempt is lost for good only where no other payment of the order stands.
    case
        when status = 'chargeback' then amount
        when status = 'failed' and place_in_order = 1 then amount
        else cast(0 as decimal(18, 2))
    end as bad_debt
from priced
-- By month, as it is read where a part of a month is made again.
order by month
