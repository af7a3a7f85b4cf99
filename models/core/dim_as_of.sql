select
    as_of_date,
    {{ month_of('as_of_date') }} as as_of_month,
    '{{ var("shop") }}' as shop,
    '{{ var("reporting_currency") }}' as reporting_currency,
    '{{ var("reporting_time_zone") }}' as reporting_time_zone
from {{ ref('stg_as_of') }}
