-- What it is: no month of a customer's statement is later than the month of the as-of day.
-- When it matters: something dated after the as-of day was known too early; the company's statement has no such month.
-- How to resolve it: the entry's own date, in fct_order_adjustments or the fact that it is made from.
select *
from {{ ref('customer_profit_monthly') }}
where month > (select as_of_month from {{ ref('dim_as_of') }})
