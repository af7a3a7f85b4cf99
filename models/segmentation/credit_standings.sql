with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

-- A payment that is neither paid nor due yet says nothing; nor does one without a status, whenever it was due.
judged as (
    select
        payments.customer_id,
        payments.status = 'paid'
        and (payments.paid_at is null or payments.due_at is null or payments.paid_at <= payments.due_at)
            as is_good
    from {{ ref('fct_payments') }} as payments
    cross join as_of
    where
        payments.customer_id is not null
        and (
            payments.status in ('paid', 'failed', 'chargeback')
            or (payments.status = 'open' and {{ local_date('payments.due_at') }} <= as_of.as_of_date)
        )
)

select
    customer_id,
    count(*) as payment_count,
    {{ ratio('sum(case when is_good then 1 else 0 end)', 'count(*)') }} as good_share
from judged
group by customer_id
