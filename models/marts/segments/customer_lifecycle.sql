select
    lifecycle.customer_id,
    lifecycle.rhythm_days,
    lifecycle.quiet_gaps,
    lifecycle.pause_gaps,
    lifecycle.pace,
    lifecycle.lifecycle_stage
from {{ ref('lifecycle_by_day') }} as lifecycle
inner join {{ ref('dim_as_of') }} as as_of on lifecycle.as_of_date = as_of.as_of_date
