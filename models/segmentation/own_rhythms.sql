select
    customer_id,
    of_day,
    ordered_on,
    {{ running_median('gap_days', ['customer_id', 'of_day'], 'ordered_on') }} as own_gap_days
from {{ ref('order_days') }}
