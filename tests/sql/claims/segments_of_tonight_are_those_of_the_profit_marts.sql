-- What it is: what segments are drawn by, followed from month to month, is what the profit marts say of tonight.
-- When it matters: the running statement has lost a month, or an order that was cancelled later counts again.
-- How to resolve it: customer_day_orders and customer_day_profits of the customers below.
select
    profit.customer_id,
    profit.order_count,
    measures.order_count as counted_here,
    profit.contribution_2,
    measures.contribution_2 as found_here
from {{ ref('customer_profit') }} as profit
left join {{ ref('customer_day_measures') }} as measures
    on profit.customer_id = measures.customer_id
    and measures.is_tonight
where
    measures.order_count is distinct from profit.order_count
    or measures.first_order_on is distinct from profit.first_order_on
    or measures.last_order_on is distinct from profit.last_order_on
    or measures.net_sales is distinct from profit.net_sales
    or measures.contribution_2 is distinct from profit.contribution_2
    or measures.net_sales_last_12_months is distinct from profit.net_sales_last_12_months
    or measures.contribution_2_last_12_months is distinct from profit.contribution_2_last_12_months
    or measures.contribution_2_previous_12_months is distinct from profit.contribution_2_previous_12_months
