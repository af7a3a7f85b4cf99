-- One row per source row: handed on as a line of an order, handed on as a refund, or dropped as a duplicate.

select
    source_file,
    source_row,
    fate
from lines
