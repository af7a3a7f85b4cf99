{%- set measures = ['recency', 'frequency', 'order_value', 'tenure'] -%}
with

distances as (
    select
        behaviour.customer_id,
        behaviour.as_of_date,
        fits.fit_on,
        fits.cluster,
        {% for measure in measures -%}
        pow(coalesce(
            (behaviour.{{ measure }} - fits.{{ measure }}_mean) / nullif(fits.{{ measure }}_spread, 0), 0
        ) - fits.{{ measure }}_centre, 2){{ ' + ' if not loop.last }}
        {% endfor %} as distance
    from {{ ref('behaviour_by_day') }} as behaviour
    inner join {{ ref('fit_days') }} as days on behaviour.as_of_date = days.as_of_date
    inner join {{ ref('cluster_fits') }} as fits on days.fit_on = fits.fit_on
    where fits.cluster is not null
),

-- The nearest in millionths, then the first: one number a cluster, so that the least of them needs no order.
nearest as (
    select
        customer_id,
        as_of_date,
        fit_on,
        cast(min(cast(floor(distance * 1000000 + 0.5) as bigint) * 100 + cluster) % 100 as int) as cluster
    from distances
    group by customer_id, as_of_date, fit_on
)

select
    measures.customer_id,
    measures.as_of_date,
    measures.is_tonight,
    nearest.fit_on,
    nearest.cluster,
    fits.cluster_name as behaviour_cluster
from {{ ref('customer_day_measures') }} as measures
left join nearest
    on measures.customer_id = nearest.customer_id
    and measures.as_of_date = nearest.as_of_date
left join {{ ref('cluster_fits') }} as fits
    on nearest.fit_on = fits.fit_on
    and nearest.cluster = fits.cluster
