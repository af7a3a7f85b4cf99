-- What it is: what moves to referrers is what moves from the customers they referred.
-- When it matters: the indirect method would make or destroy profit.
-- How to resolve it: a referrer in referral_profit is no customer of dim_customers.
select
    sum(net_profit) as net_profit,
    sum(adjusted_profit) as adjusted_profit
from {{ ref('customer_profit') }}
having sum(net_profit) <> sum(adjusted_profit)
