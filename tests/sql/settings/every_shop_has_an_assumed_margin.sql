-- What it is: a shop without a row of its own in margin_assumptions.csv has that of every shop (*).
-- When it matters: each line of an order asks for the margin, so that without one nothing would be sold at all.
-- How to resolve it: put the row of the shop * back into margin_assumptions.csv.
select 'margin_assumptions.csv, row *: it is missing: shops without a row of their own need one' as problem
from {{ ref('margin_assumptions') }}
having coalesce(max(case when shop = '*' then 1 end), 0) = 0
