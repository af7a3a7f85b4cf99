select
    customers.customer_id,
    days.as_of_date,
    days.as_of_month,
    days.year_before,
    days.two_years_before,
    days.is_tonight,
    days.is_month_end
from {{ ref('fct_customers_first_seen') }} as customers
inner join {{ ref('dim_segment_days') }} as days on customers.first_seen_on <= days.as_of_date
