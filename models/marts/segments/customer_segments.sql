select
    rfm.customer_id,
    rfm.recency_days,
    rfm.order_count,
    rfm.net_sales,
    rfm.recency_score,
    rfm.frequency_score,
    rfm.monetary_score,
    rfm.rfm_cell,
    rfm.rfm_segment,
    abc.contribution_2_last_12_months,
    abc.abc_tier,
    pyramid.pyramid_tier,
    pyramid.member_tier
from {{ ref('customer_rfm') }} as rfm
inner join {{ ref('customer_abc') }} as abc on rfm.customer_id = abc.customer_id
inner join {{ ref('customer_pyramid') }} as pyramid on rfm.customer_id = pyramid.customer_id
