with

payments as (
    select
        payment_id,
        order_id,
        customer_id,
        month,
        status,
        amount,
        {{ local_date('chargeback_at') }} as chargeback_on,
        {{ local_date('due_at') }} as due_on,
        case when paid_at is null then month else {{ local_date('paid_at') }} end as known_from,
        cast(null as date) as cancelled_on,
        lost_month,
        bad_debt
    from {{ ref('fct_payments') }}
    union all
    select
        payment_id,
        order_id,
        customer_id,
        month,
        status,
        amount,
        chargeback_on,
        due_on,
        known_from,
        cancelled_on,
        cast(null as date) as lost_month,
        cast(0 as decimal(18, 2)) as bad_debt
    from {{ ref('fct_cancelled_order_payments') }}
),

days as (
    select * from {{ ref('dim_segment_days') }}
),

doubtful_orders as (
    select distinct order_id
    from payments
    where status in ('failed', 'chargeback')
),

-- A failed attempt is a loss until another payment of the order is known, so each day is looked at by itself.
known as (
    select
        days.as_of_date,
        days.as_of_month,
        payments.*,
        row_number() over (
            partition by days.as_of_date, payments.order_id
            order by case when payments.status = 'failed' then 1 else 0 end, payments.payment_id desc
        ) as place_in_order
    from payments
    inner join doubtful_orders on payments.order_id = doubtful_orders.order_id
    inner join days
        on payments.month <= days.as_of_month
        and payments.known_from <= days.as_of_date
        and (payments.cancelled_on is null or days.as_of_date < payments.cancelled_on)
),

lost as (
    select
        as_of_date,
        customer_id,
        least(
            {{ month_of('coalesce(chargeback_on, case when due_on <= as_of_date then due_on end, month)') }},
            as_of_month
        ) as month,
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
    from payments
    inner join days on payments.lost_month <= days.as_of_month
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
