with

doubtful_orders as (
    select order_id
    from {{ ref('fct_payments') }}
    where status in ('failed', 'chargeback')
    union
    select order_id
    from {{ ref('fct_cancelled_order_payments') }}
    where status in ('failed', 'chargeback')
),

doubtful_payments as (
    select
        payments.payment_id,
        payments.order_id,
        payments.customer_id,
        payments.month,
        payments.status,
        payments.amount,
        {{ local_date('payments.chargeback_at') }} as chargeback_on,
        {{ local_date('payments.due_at') }} as due_on,
        case when payments.paid_at is null then payments.month else {{ local_date('payments.paid_at') }} end
            as known_from,
        cast(null as date) as cancelled_on
    from {{ ref('fct_payments') }} as payments
    inner join doubtful_orders on payments.order_id = doubtful_orders.order_id
    union all
    select
        payments.payment_id,
        payments.order_id,
        payments.customer_id,
        payments.month,
        payments.status,
        payments.amount,
        payments.chargeback_on,
        payments.due_on,
        payments.known_from,
        payments.cancelled_on
    from {{ ref('fct_cancelled_order_payments') }} as payments
    inner join doubtful_orders on payments.order_id = doubtful_orders.order_id
),

days as (
    select * from {{ ref('dim_segment_days') }}
),

-- A failed attempt is a loss until another payment of the order is known, so each day is looked at by itself.
known as (
    select
        days.as_of_date,
        days.as_of_month,
        payments.*,
        greatest(
            coalesce(
                case when payments.chargeback_on <= days.as_of_date then payments.chargeback_on end,
                case when payments.due_on <= days.as_of_date then payments.due_on end,
                payments.month
            ),
            payments.month
        ) as lost_on,
        row_number() over (
            partition by days.as_of_date, payments.order_id
            order by case when payments.status = 'failed' then 1 else 0 end, payments.payment_id desc
        ) as place_in_order
    from doubtful_payments as payments
    inner join days
        on payments.month <= days.as_of_month
        and payments.known_from <= days.as_of_date
        and (payments.cancelled_on is null or days.as_of_date < payments.cancelled_on)
),

lost as (
    select
        as_of_date,
        customer_id,
        {{ month_of('lost_on') }} as month,
        amount
    from known
    where
        (status = 'failed' and place_in_order = 1)
        or (status = 'chargeback' and coalesce(chargeback_on <= as_of_date, true))
    union all
    select
        days.as_of_date,
        payments.customer_id,
        payments.lost_month as month,
        -payments.bad_debt as amount
    from {{ ref('fct_payments') }} as payments
    inner join days on payments.lost_month <= days.as_of_month
    where payments.bad_debt <> 0
)

select
    as_of_date,
    customer_id,
    month,
    'bad_debt' as statement_line,
    cast(sum(amount) as decimal(18, 2)) as amount
from lost
group by as_of_date, customer_id, month
having sum(amount) <> 0
