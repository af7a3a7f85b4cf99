select
    segments.customer_id,
    segments.{{ (rule_segments() + fitted_segments()) | join(',\n    segments.') }},
    customer_habits.{{ place_and_people() | join(',\n    customer_habits.') }},
    customer_premium.{{ tonights_segments()['customer_premium'] | join(',\n    customer_premium.') }},
    customer_value_score.{{ tonights_segments()['customer_value_score'] | join(',\n    customer_value_score.') }},
    customer_loyalty.{{ tonights_segments()['customer_loyalty'] | join(',\n    customer_loyalty.') }}
from {{ ref('segments_tonight') }} as segments
inner join {{ ref('customer_habits') }} as customer_habits on segments.customer_id = customer_habits.customer_id
inner join {{ ref('customer_premium') }} as customer_premium on segments.customer_id = customer_premium.customer_id
inner join {{ ref('customer_value_score') }} as customer_value_score
    on segments.customer_id = customer_value_score.customer_id
inner join {{ ref('customer_loyalty') }} as customer_loyalty on segments.customer_id = customer_loyalty.customer_id
