-- One row per source row. A row that equals another in all four columns is one purchase listed twice; other
-- purchases of one customer on one day are numbered by their place in the file.

with told_apart as (
    select
        *,
        row_number() over (
            partition by customer_id, date, number_of_cds, dollar_value order by source_file, source_row
        ) > 1 as is_duplicate
    from source
)

select
    source_file,
    source_row,
    customer_id,
    -- only the day is known: noon UTC is that same day in the shop's time zone, summer and winter
    cast(date as timestamp) + interval 12 hours as ordered_at,
    dollar_value,
    case when is_duplicate then 'duplicate' else 'order_lines' end as fate,
    customer_id || '-' || strftime(date, '%Y%m%d') || '-' || row_number() over (
        partition by customer_id, date, is_duplicate order by source_file, source_row
    ) as order_id
from told_apart
