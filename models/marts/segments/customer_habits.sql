select
    habits.customer_id,
    habits.channel_habit,
    habits.frequency_band,
    habits.spend_band
from {{ ref('habits_by_day') }} as habits
inner join {{ ref('dim_as_of') }} as as_of on habits.as_of_date = as_of.as_of_date
