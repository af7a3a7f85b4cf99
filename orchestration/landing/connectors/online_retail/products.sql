-- One row per stock code on any line. Its name is the description most often on its sales; where it was never sold,
-- the one most often on its other lines ("damaged", "?" and the like stand there). Of equals the latest, then the
-- first by the alphabet.

with named as (
    select
        product_id,
        description,
        fate = 'order_lines' and quantity > 0 and unit_price > 0 as is_sale,
        count(*) as line_count,
        max(invoiced_at) as last_seen_at
    from lines
    where description is not null
    group by product_id, description, is_sale
),

best as (
    select
        product_id,
        first(
            description order by is_sale desc, line_count desc, last_seen_at desc, description asc
        ) as product_name
    from named
    group by product_id
),

seen as (
    select
        product_id,
        first(source_file order by source_file, source_row) as source_file,
        first(source_row order by source_file, source_row) as source_row
    from lines
    group by product_id
)

select
    seen.product_id,
    best.product_name,
    'GBP' as currency,
    seen.source_file,
    seen.source_row
from seen
left join best on seen.product_id = best.product_id
