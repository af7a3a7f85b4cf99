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
        contribution_2,
        order_count > 0 as is_buyer
    from {{ ref('customer_day_measures') }}
),
{% if var('rfm_scored_by') == 'fixed cuts' %}
scored as (
    select
        {% for measure in measures -%}
        {{ measure }}_cuts.score as {{ measure }}_score,
        {% endfor -%}
        measures.*
    from measures
    {% for measure, column in measures.items() -%}
    left join {{ ref('rfm_fixed_cuts') }} as {{ measure }}_cuts
        on measures.is_buyer
        and {{ measure }}_cuts.measure = '{{ measure }}'
        and ({{ measure }}_cuts.from_value is null or measures.{{ column }} >= {{ measure }}_cuts.from_value)
        and ({{ measure }}_cuts.until_value is null or measures.{{ column }} < {{ measure }}_cuts.until_value)
    {% endfor %}
),
{% else %}
-- Who has not bought is ranked apart, and gets no score.
ranked as (
    select
        *,
        {% for measure, column in measures.items() -%}
        rank() over (partition by as_of_date, is_buyer order by {{ column }}{{ ' desc' if measure == 'recency' }}) - 1
            as {{ measure }}_rank,
        {% endfor -%}
        -- One buyer alone has nobody to be compared with, and ranks first and last.
        greatest(count(*) over (partition by as_of_date, is_buyer) - 1, 1) as last_rank
    from measures
),

scored as (
    select
        {% for measure in measures -%}
        case when is_buyer then cast(least(5, 1 + {{ whole_quotient('5 * ' ~ measure ~ '_rank', 'last_rank') }}) as int)
        end as {{ measure }}_score,
        {% endfor -%}
        customer_id,
        as_of_date,
        recency_days,
        order_count,
        net_sales,
        contribution_2
    from ranked
),
{% endif %}
celled as (
    select
        customer_id,
        as_of_date,
        recency_days,
        order_count,
        net_sales,
        contribution_2,
        recency_score,
        frequency_score,
        monetary_score,
        profit_score,
        cast(recency_score * 100 + frequency_score * 10 + monetary_score as string) as rfm_cell,
        cast(recency_score * 100 + frequency_score * 10 + profit_score as string) as profit_rfm_cell
    from scored
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
