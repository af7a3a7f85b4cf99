select
    customer_id,
    recency_days,
    order_count,
    net_sales,
    contribution_2,
    recency_score,
    frequency_score,
    monetary_score,
    profit_score,
    rfm_cell,
    rfm_segment,
    profit_rfm_cell,
    profit_rfm_segment
from {{ ref('segments_by_day') }}
where is_tonight
