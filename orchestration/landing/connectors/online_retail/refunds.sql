-- One row per cancelled line: of the line that it cancels where one was found, else on its own, with customer and
-- product where known. Whether the goods went back into stock nobody says.

select
    lines.invoice_number || '|' || lines.line_number as refund_id,
    matches.order_id,
    matches.line_number,
    case when matches.order_id is null then lines.customer_id end as customer_id,
    case when matches.order_id is null then lines.product_id end as product_id,
    lines.invoiced_at as refunded_at,
    -lines.quantity as quantity,
    -lines.quantity * lines.unit_price as refund_amount,
    cast(0 as decimal(20, 4)) as tax_amount,
    'GBP' as currency,
    'cancellation' as reason,
    lines.source_file,
    lines.source_row
from lines
left join matches
    on lines.source_file = matches.source_file and lines.source_row = matches.source_row
where lines.fate = 'refunds'
