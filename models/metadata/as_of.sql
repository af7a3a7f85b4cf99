select
    as_of_date,
    shop,
    reporting_currency,
    reporting_time_zone
from {{ ref('dim_as_of') }}
