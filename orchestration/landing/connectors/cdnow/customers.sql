-- One row per customer.

select
    customer_id,
    first(source_file order by source_file, source_row) as source_file,
    first(source_row order by source_file, source_row) as source_row
from purchases
group by customer_id
