with

lines as (
    select * from {{ ref('statement_lines') }}
)

-- A line is reported as it is; a subtotal is all that stands above it, costs taken off.
select
    reported.statement_line as reported_line,
    entered.statement_line as entered_line,
    case when reported.is_subtotal then entered.sign else 1 end as sign
from lines as reported
inner join lines as entered
    on not entered.is_subtotal
    and (
        (reported.is_subtotal and entered.position < reported.position)
        or reported.statement_line = entered.statement_line
    )
