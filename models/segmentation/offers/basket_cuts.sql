select
    as_of_date as cut_on,
    true as is_tonight
from {{ ref('dim_as_of') }}
union all
select
    {{ add_days('as_of_date', '-' ~ offer_rule('holdout_days')) }} as cut_on,
    false as is_tonight
from {{ ref('dim_as_of') }}
