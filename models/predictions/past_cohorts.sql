-- Past cuts that have enough customers to judge anything; whole shops only.
select
    cut_on,
    '*' as cohort_group,
    count(*) as customer_count,
    count(*) <= {{ value_rule('exact_customers') }} as is_exact
from {{ ref('past_histories') }}
group by cut_on
having count(*) >= {{ value_rule('cut_minimum_customers') }}
