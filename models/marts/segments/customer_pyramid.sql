select
    pyramid.customer_id,
    pyramid.pyramid_tier,
    pyramid.member_tier
from {{ ref('pyramid_by_day') }} as pyramid
inner join {{ ref('dim_as_of') }} as as_of on pyramid.as_of_date = as_of.as_of_date
