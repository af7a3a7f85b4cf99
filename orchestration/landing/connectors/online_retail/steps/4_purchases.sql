-- One row per line that a cancellation may name, numbered within its trade: the greater, the later bought.

select
    trades.trade,
    lines.invoice_number,
    lines.line_number,
    lines.invoiced_at,
    lines.quantity,
    row_number() over (
        partition by trades.trade order by lines.invoiced_at, lines.source_file, lines.source_row
    ) as age
from lines
inner join trades
    on
        lines.customer_id = trades.customer_id
        and lines.product_id = trades.product_id
        and lines.unit_price = trades.unit_price
where lines.fate = 'order_lines' and lines.quantity > 0
