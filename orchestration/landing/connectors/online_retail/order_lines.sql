-- One row per line of an invoice that is no cancellation, as it is: charges such as POST keep their code (a setting
-- says which codes are charges), stock written off keeps its negative quantity and bad debt its negative price (the
-- contract refuses both), gifts keep their price of zero (the contract takes them).

select
    invoice_number as order_id,
    line_number,
    product_id,
    quantity,
    unit_price,
    source_file,
    source_row
from lines
where fate = 'order_lines'
