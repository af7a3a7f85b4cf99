-- One row per source row: what it is, when it was in UTC, and its number within the invoice.

with told_apart as (
    select
        *,
        -- a line that equals another of its invoice in all eight columns is one line sent twice
        row_number() over (
            partition by invoiceno, stockcode, description, quantity, invoicedate, unitprice, customerid, country
            order by source_file, source_row
        ) > 1 as is_duplicate
    from source
)

select
    source_file,
    source_row,
    invoiceno as invoice_number,
    stockcode as product_id,
    nullif(trim(description), '') as description,
    quantity,
    unitprice as unit_price,
    -- numbers went through a float on their way here: 17850.0 is customer 17850
    regexp_replace(customerid, '\.0$', '') as customer_id,
    nullif(country, 'Unspecified') as country,
    -- London time. The hour that comes twice in October is read as its second, winter one; the hour that does not
    -- exist in March as if clocks had not been put forward.
    cast(timezone('UTC', timezone('Europe/London', invoicedate)) as timestamp) as invoiced_at,
    case
        when is_duplicate then 'duplicate'
        when invoiceno like 'C%' then 'refunds'
        else 'order_lines'
    end as fate,
    -- by file and row and by nothing else, so that one night or many give the same numbers
    row_number() over (partition by invoiceno, is_duplicate order by source_file, source_row) as line_number
from told_apart
