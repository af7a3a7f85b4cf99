select
    abc.customer_id,
    abc.contribution_2_last_12_months,
    abc.abc_tier
from {{ ref('abc_by_day') }} as abc
inner join {{ ref('dim_as_of') }} as as_of on abc.as_of_date = as_of.as_of_date
