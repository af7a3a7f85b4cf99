select
    rfm.customer_id,
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
    rfm.profit_rfm_segment
from {{ ref('rfm_by_day') }} as rfm
inner join {{ ref('dim_as_of') }} as as_of on rfm.as_of_date = as_of.as_of_date
