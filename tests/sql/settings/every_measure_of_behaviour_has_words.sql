-- What it is: a measure of behaviour and direction of which settings say no words.
-- When it matters: a cluster that is told apart by it could not be called by anything, and the fit stops.
-- How to resolve it: cluster_traits.csv needs eight rows: four measures, each high and low.
select
    measures.measure,
    directions.direction
from (
    select 'recency' as measure
    union all
    select 'frequency' as measure
    union all
    select 'order_value' as measure
    union all
    select 'tenure' as measure
) as measures
cross join (
    select 'high' as direction
    union all
    select 'low' as direction
) as directions
left join {{ ref('cluster_traits') }} as traits
    on measures.measure = traits.measure
    and directions.direction = traits.direction
where traits.measure is null
