select
    customer_id,
    as_of_date as month_end,
    {{ (rule_segments() + fitted_segments()) | join(',\n    ') }}
from {{ ref('segments_by_day') }}
where is_month_end
