-- One row per invoice that is no cancellation. Adjustments (A…) are orders too: the contract judges their prices.

select
    invoice_number as order_id,
    first(customer_id order by source_file, source_row) as customer_id,
    -- 43 invoices run over a full minute: the order is placed with its first line
    min(invoiced_at) as ordered_at,
    'web' as sales_channel,    -- the shop sells over the web only, say those who gave the data
    'GBP' as currency,
    first(country order by source_file, source_row) as delivery_country,
    first(source_file order by source_file, source_row) as source_file,
    first(source_row order by source_file, source_row) as source_row
from lines
where fate = 'order_lines'
group by invoice_number
