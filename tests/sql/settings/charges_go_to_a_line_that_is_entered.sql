-- What it is: each charge goes to a line of the statement that amounts are entered on, and not to a subtotal.
-- When it matters: a subtotal is added up from other lines, so what was put on it would be on no statement at all.
-- How to resolve it: write a line of statement_lines.csv whose is_subtotal is false.
select
    'charge_codes.csv, row ' || codes.shop || ', ' || codes.product_id || ': '
    || coalesce(codes.statement_line, '(empty)') || ' is no line of statement_lines.csv that amounts are entered on'
        as problem
from {{ ref('charge_codes') }} as codes
left join {{ ref('statement_lines') }} as lines
    on codes.statement_line = lines.statement_line
    and not lines.is_subtotal
where lines.statement_line is null
