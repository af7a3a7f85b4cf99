select
    habits.customer_id,
    habits.channel_habit,
    habits.frequency_band,
    habits.spend_band,
    customers.{{ place_and_people() | join(',\n    customers.') }}
from {{ ref('habits_by_day') }} as habits
inner join {{ ref('dim_customers') }} as customers on habits.customer_id = customers.customer_id
inner join {{ ref('dim_as_of') }} as as_of on habits.as_of_date = as_of.as_of_date
