-- What it is: over a customer's life, the orders' lines add up to the customer's, but for what no order causes:
-- rewards, marketing, refunds tied to no order, work done without one.
-- When it matters: who drills down from a customer's number must find all of it.
-- How to resolve it: the entry that differs in fct_order_entries, fct_order_costs or fct_profit_entries.
with

of_customers as (
    select
        customer_id,
        sum(gross_sales) as gross_sales,
        sum(net_sales) as net_sales,
        sum(contribution_1) as contribution_1,
        sum(contribution_2) as contribution_2,
        sum(net_profit + loyalty + retention_marketing + acquisition_marketing) as profit_before_marketing
    from {{ ref('customer_profit') }}
    group by customer_id
),

of_orders as (
    select
        customer_id,
        sum(gross_sales) as gross_sales,
        sum(net_sales) as net_sales,
        sum(contribution_1) as contribution_1,
        sum(contribution_2) as contribution_2,
        sum(net_profit) as profit_before_marketing
    from {{ ref('order_profit') }}
    where customer_id is not null
    group by customer_id
),

entries_without_order as (
    select customer_id, statement_line, amount
    from {{ ref('fct_order_entries') }}
    where order_id is null
    union all
    select customer_id, statement_line, amount
    from {{ ref('fct_order_costs') }}
    where order_id is null
),

without_order as (
    select
        entries.customer_id,
        sum(case when rollup_rules.reported_line = 'gross_sales' then entries.amount * rollup_rules.sign else 0 end)
            as gross_sales,
        sum(case when rollup_rules.reported_line = 'net_sales' then entries.amount * rollup_rules.sign else 0 end)
            as net_sales,
        sum(case when rollup_rules.reported_line = 'contribution_1' then entries.amount * rollup_rules.sign else 0 end)
            as contribution_1,
        sum(case when rollup_rules.reported_line = 'contribution_2' then entries.amount * rollup_rules.sign else 0 end)
            as contribution_2,
        sum(case when rollup_rules.reported_line = 'net_profit' then entries.amount * rollup_rules.sign else 0 end)
            as profit_before_marketing
    from entries_without_order as entries
    inner join {{ ref('int_statement_rollup') }} as rollup_rules
        on entries.statement_line = rollup_rules.entered_line
    where entries.customer_id is not null
    group by entries.customer_id
)

select
    of_customers.*,
    of_orders.net_sales as net_sales_of_orders,
    of_orders.profit_before_marketing as profit_of_orders
from of_customers
left join of_orders on of_customers.customer_id = of_orders.customer_id
left join without_order on of_customers.customer_id = without_order.customer_id
where
    of_customers.gross_sales <> coalesce(of_orders.gross_sales, 0) + coalesce(without_order.gross_sales, 0)
    or of_customers.net_sales <> coalesce(of_orders.net_sales, 0) + coalesce(without_order.net_sales, 0)
    or of_customers.contribution_1 <> coalesce(of_orders.contribution_1, 0) + coalesce(without_order.contribution_1, 0)
    or of_customers.contribution_2 <> coalesce(of_orders.contribution_2, 0) + coalesce(without_order.contribution_2, 0)
    or of_customers.profit_before_marketing
    <> coalesce(of_orders.profit_before_marketing, 0) + coalesce(without_order.profit_before_marketing, 0)
