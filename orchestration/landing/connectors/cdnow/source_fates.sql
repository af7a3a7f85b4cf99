-- One row per source row: handed on as an order and its line, or dropped as a duplicate.

select
    source_file,
    source_row,
    fate
from purchases
