-- What it is: a charge goes to a line of the statement that orders enter: to no subtotal, and to none of rewards and
-- marketing.
-- When it matters: a subtotal is added up from the lines above it, so that the charge would be nowhere and nobody would
-- see it; rewards and marketing are of customers, and a customer's orders would not add up to the customer.
-- How to resolve it: write a line in charge_codes.csv that is no subtotal, such as gross_sales, fulfilment or overhead.
with

checked as (
    select
        codes.shop,
        codes.product_id,
        codes.statement_line,
        case
            when lines.statement_line is null then ' is no line of statement_lines.csv'
            when lines.is_subtotal then ' is a subtotal: name a line that it is added up from'
            when lines.statement_line in ('loyalty', 'retention_marketing', 'acquisition_marketing')
                then ' is of customers and not of orders: name a line of orders'
        end as why
    from {{ ref('charge_codes') }} as codes
    left join {{ ref('statement_lines') }} as lines on codes.statement_line = lines.statement_line
)

select
    'charge_codes.csv, row ' || coalesce(shop, '(empty)') || ', ' || coalesce(product_id, '(empty)') || ': '
    || coalesce(statement_line, '(empty)') || why as problem
from checked
where why is not null
