-- The whole shop, however small, and each channel that is large enough.
with

counted as (
    select
        '*' as cohort_group,
        count(*) as customer_count,
        count(*) filter (where repeats > 0) as repeat_customer_count
    from {{ ref('purchase_histories') }}
    having count(*) > 0
    union all
    select
        acquisition_channel as cohort_group,
        count(*) as customer_count,
        count(*) filter (where repeats > 0) as repeat_customer_count
    from {{ ref('purchase_histories') }}
    group by acquisition_channel
    having
        count(*) >= {{ value_rule('group_minimum_customers') }}
        and count(*) filter (where repeats > 0) >= {{ value_rule('group_minimum_repeat_customers') }}
)

select
    cohort_group,
    customer_count,
    customer_count <= {{ value_rule('exact_customers') }} as is_exact
from counted
