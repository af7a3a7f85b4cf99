-- What it is: customers who lose money over their life have a sentence that says why, and nobody else has.
-- When it matters: an unprofitable customer would stand without an explanation.
-- How to resolve it: the cases of why_unprofitable in customer_profit_reasons.
select
    profits.customer_id,
    profits.net_profit,
    reasons.why_unprofitable
from {{ ref('customer_profit') }} as profits
inner join {{ ref('customer_profit_reasons') }} as reasons on profits.customer_id = reasons.customer_id
where (profits.net_profit < 0) <> (reasons.why_unprofitable is not null)
