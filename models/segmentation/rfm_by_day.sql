-- depends_on: {{ ref('rfm_fixed_cuts') }}
{% set measures = {
    'recency': 'recency_days', 'frequency': 'order_count', 'monetary': 'net_sales', 'profit': 'contribution_2'
} -%}
with

measures as (
    select
        customer_id,
        as_of_date,
        recency_days,
        order_count,
        net_sales,
        contribution_2
    from {{ ref('customer_day_measures') }}
),

buyers as (
    select *
    from measures
    where order_count > 0
),
{% if var('rfm_scored_by') == 'fixed cuts' %}
scored as (
    select
        buyers.customer_id,
        buyers.as_of_date,
        {% for measure in measures -%}
        {{ measure }}_cuts.score as {{ measure }}_score,
        {% endfor -%}
        buyers.order_count
    from buyers
    {% for measure, column in measures.items() -%}
    left join {{ ref('rfm_fixed_cuts') }} as {{ measure }}_cuts
        on {{ measure }}_cuts.measure = '{{ measure }}'
        and ({{ measure }}_cuts.from_value is null or buyers.{{ column }} >= {{ measure }}_cuts.from_value)
        and ({{ measure }}_cuts.until_value is null or buyers.{{ column }} < {{ measure }}_cuts.until_value)
    {% endfor %}
),
{% else %}
ranked as (
    select
        customer_id,
        as_of_date,
        {% for measure, column in measures.items() -%}
        rank() over (partition by as_of_date order by {{ column }}{{ ' desc' if measure == 'recency' }}) - 1
            as {{ measure }}_rank,
        {% endfor -%}
        -- One buyer alone has nobody to be compared with, and ranks first and last.
        greatest(count(*) over (partition by as_of_date) - 1, 1) as last_rank
    from buyers
),

scored as (
    select
        customer_id,
        as_of_date,
        {% for measure in measures -%}
        cast(least(5, 1 + {{ whole_quotient('5 * ' ~ measure ~ '_rank', 'last_rank') }}) as int) as {{ measure }}_score,
        {% endfor -%}
        last_rank
    from ranked
),
{% endif %}
celled as (
    select
        measures.*,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        scored.profit_score,
        cast(scored.recency_score * 100 + scored.frequency_score * 10 + scored.monetary_score as string) as rfm_cell,
        cast(scored.recency_score * 100 + scored.frequency_score * 10 + scored.profit_score as string)
            as profit_rfm_cell
    from measures
    left join scored
        on measures.customer_id = scored.customer_id
        and measures.as_of_date = scored.as_of_date
),

segments as (
    select
        cast(recency_score * 100 + frequency_score * 10 + monetary_score as string) as cell,
        rfm_segment
    from {{ ref('rfm_segments') }}
)

select
    celled.*,
    coalesce(by_sales.rfm_segment, 'prospect') as rfm_segment,
    coalesce(by_profit.rfm_segment, 'prospect') as profit_rfm_segment
from celled
left join segments as by_sales on celled.rfm_cell = by_sales.cell
left join segments as by_profit on celled.profit_rfm_cell = by_profit.cell
