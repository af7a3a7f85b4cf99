select
    measures.customer_id,
    measures.as_of_date,
    measures.is_tonight,
    measures.is_month_end,
    rfm.recency_days,
    rfm.order_count,
    rfm.net_sales,
    rfm.contribution_2,
    rfm.recency_score,
    rfm.frequency_score,
    rfm.monetary_score,
    rfm.profit_score,
    rfm.rfm_cell,
    rfm.rfm_segment,
    rfm.profit_rfm_cell,
    rfm.profit_rfm_segment,
    abc.contribution_2_last_12_months,
    abc.abc_tier,
    pyramid.pyramid_tier,
    pyramid.member_tier,
    lifecycle.rhythm_days,
    lifecycle.quiet_gaps,
    lifecycle.pause_gaps,
    lifecycle.pace,
    lifecycle.lifecycle_stage,
    habits.channel_habit,
    habits.frequency_band,
    habits.spend_band,
    clusters.behaviour_cluster
from {{ ref('customer_day_measures') }} as measures
{% for idea in ['rfm', 'abc', 'pyramid', 'lifecycle', 'habits', 'clusters'] -%}
inner join {{ ref(idea ~ '_by_day') }} as {{ idea }}
    on measures.customer_id = {{ idea }}.customer_id
    and measures.as_of_date = {{ idea }}.as_of_date
{% endfor %}
