-- One row per cancelled line of a known customer, numbered within its trade in the order of time.

select
    trades.trade,
    lines.source_file,
    lines.source_row,
    lines.invoiced_at,
    -lines.quantity as quantity,
    row_number() over (
        partition by trades.trade order by lines.invoiced_at, lines.source_file, lines.source_row
    ) as turn
from lines
inner join trades
    on
        lines.customer_id = trades.customer_id
        and lines.product_id = trades.product_id
        and lines.unit_price = trades.unit_price
where lines.fate = 'refunds' and lines.quantity < 0
