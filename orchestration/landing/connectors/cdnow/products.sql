-- One row: nothing is known of what was bought but that it was CDs.

select
    'CD' as product_id,
    'The CDs of one purchase' as product_name,
    'USD' as currency,
    source_file,
    source_row
from purchases
order by source_file, source_row
limit 1
