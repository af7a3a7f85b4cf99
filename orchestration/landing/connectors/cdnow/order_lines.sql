-- One row per purchase: all its CDs as one, at what was paid for them. A price per CD would not give the dollars back
-- to the cent (77.00 for 3), and money is exact before all else.

select
    order_id,
    1 as line_number,
    'CD' as product_id,
    1 as quantity,
    dollar_value as unit_price,
    source_file,
    source_row
from purchases
where fate = 'order_lines'
