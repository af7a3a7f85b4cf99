-- One row per purchase.

select
    order_id,
    customer_id,
    ordered_at,
    'web' as sales_channel,    -- CDNOW had no stores
    'USD' as currency,
    source_file,
    source_row
from purchases
where fate = 'order_lines'
