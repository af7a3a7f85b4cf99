-- One row per customer number on any line, cancellations included; the country of their latest line that names one.

select
    customer_id,
    first(country order by invoiced_at desc, source_file desc, source_row desc) filter (
        where country is not null
    ) as country,
    first(source_file order by source_file, source_row) as source_file,
    first(source_row order by source_file, source_row) as source_row
from lines
where customer_id is not null
group by customer_id
