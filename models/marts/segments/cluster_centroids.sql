{%- set measures = ['recency', 'frequency', 'order_value', 'tenure'] -%}
{%- set typical = {} -%}
{%- for measure in measures -%}
{%- do typical.update({measure: 'exp(' ~ measure ~ '_mean + ' ~ measure ~ '_spread * ' ~ measure ~ '_centre)'}) -%}
{%- endfor -%}
with

fits as (
    select *
    from {{ ref('cluster_fits') }}
    where cluster is not null
),

in_use as (
    select fit_on
    from {{ ref('fit_days') }}
    where is_tonight
)

select
    fits.fit_on,
    fits.cluster,
    fits.cluster_name,
    in_use.fit_on is not null as is_in_use,
    fits.member_count,
    cast({{ ratio('fits.member_count', 'fits.customer_count') }} as decimal(9, 6)) as member_share,
    {{ to_places(typical.recency ~ ' - 1', 1) }} as typical_recency_days,
    {{ to_places(typical.frequency, 1) }} as typical_purchases,
    {{ to_cents(typical.order_value ~ ' - 1') }} as typical_order_value,
    {{ to_places(typical.tenure ~ ' - 1', 1) }} as typical_tenure_days,
    {% for measure in measures -%}
    {% for what in ['mean', 'spread', 'centre'] -%}
    cast(fits.{{ measure }}_{{ what }} as decimal(18, 6)) as {{ measure }}_{{ what }},
    {% endfor -%}
    {% endfor -%}
    fits.cluster_count
from fits
left join in_use on fits.fit_on = in_use.fit_on
