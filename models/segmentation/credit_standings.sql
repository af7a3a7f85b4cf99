with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

-- A payment that is neither paid nor due yet says nothing; nor does one without a status, whenever it was due, nor an
-- attempt that failed where another payment of the order stands. In time is on the day: what is due at once is paid a
-- minute later.
judged as (
    select
        payments.customer_id,
        payments.status = 'paid'
        and coalesce({{ local_date('payments.paid_at') }} <= {{ local_date('payments.due_at') }}, true) as is_good
    from {{ ref('fct_payments') }} as payments
    cross join as_of
    where
        payments.customer_id is not null
        and (
            payments.status in ('paid', 'chargeback')
            or (payments.status = 'failed' and payments.bad_debt <> 0)
            or (payments.status = 'open' and {{ local_date('payments.due_at') }} <= as_of.as_of_date)
        )
)

select
    customer_id,
    count(*) as payment_count,
    {{ ratio('sum(case when is_good then 1 else 0 end)', 'count(*)') }} as good_share
from judged
group by customer_id
