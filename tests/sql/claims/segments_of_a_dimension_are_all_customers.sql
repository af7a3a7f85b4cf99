-- What it is: in each dimension, every customer is in exactly one segment.
-- When it matters: bands overlap or leave a gap, a join has doubled customers, or a dimension is not there at all.
-- How to resolve it: the settings of the bands, then segment_profit.
with

dimensions as (
    {% for dimension in [
        'country', 'region', 'age band', 'gender', 'income band', 'education', 'acquisition channel', 'cohort',
        'purchase style', 'motive', 'attitude', 'lifestyle', 'premium group'
    ] + segment_dimensions().keys() | list -%}
    select '{{ dimension }}' as dimension
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    dimensions.dimension,
    sum(segments.customer_count) as customer_count
from dimensions
left join {{ ref('segment_profit') }} as segments on dimensions.dimension = segments.dimension
group by dimensions.dimension
having coalesce(sum(segments.customer_count), 0) <> (select count(*) from {{ ref('dim_customers') }})
