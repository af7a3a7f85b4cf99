{%- set parts = ['current', 'future', 'credit', 'loyalty', 'growth'] -%}
with

customers as (
    select
        customer_id,
        order_count
    from {{ ref('customer_profit') }}
),

part_scores as (
    select
        customer_id,
        part,
        cast({{ ratio('sum(percentile)', 'count(*)') }} as decimal(9, 6)) as score
    from {{ ref('value_measures') }}
    where percentile is not null
    group by customer_id, part
),

-- A part of which nothing is known weighs nothing, and the others as much more.
scored as (
    select
        scores.customer_id,
        {{ ratio('sum(weights.weight * scores.score)', 'sum(weights.weight)') }} as score,
        {% for part in parts -%}
        max(case when scores.part = '{{ part }}' then scores.score end) as {{ part }},
        {% endfor -%}
        sum(weights.weight) as known_weight
    from part_scores as scores
    inner join {{ ref('value_score_weights') }} as weights on scores.part = weights.part
    group by scores.customer_id
)

select
    customers.customer_id,
    cast(100 * scored.score as decimal(5, 2)) as value_score,
    {% for part in parts -%}
    cast(100 * scored.{{ part }} as decimal(5, 2)) as {{ part }}_score,
    {% endfor -%}
    case when customers.order_count > 0 then nullif(trim(
        {%- for part in parts %}
        case when scored.{{ part }} is null then '{{ part }} ' else '' end{{ ' ||' if not loop.last }}
        {%- endfor %}
    ), '') end as missing_parts,
    cast(coalesce(scored.known_weight, 0) as decimal(9, 6)) as known_weight
from customers
left join scored on customers.customer_id = scored.customer_id
