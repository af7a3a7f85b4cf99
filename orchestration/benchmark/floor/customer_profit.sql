-- The statement of each customer: whole, of the last twelve months, and of the twelve before.
create or replace table floor.customer_profit as
with

as_of as (
    select
        (as_of_month - interval 11 month)::date as last_from,
        (as_of_month - interval 23 month)::date as previous_from
    from warehouse.core.dim_as_of
),

summed as (
    select
        customer_id,
        min(month) as first_month,
        sum(columns(* exclude (customer_id, month, order_count)))::decimal(18, 2) as "\0",
        coalesce(sum(columns(* exclude (customer_id, month, order_count)))
            filter (where month >= (select last_from from as_of)), 0)::decimal(18, 2) as "\0_last_12_months",
        coalesce(sum(columns(* exclude (customer_id, month, order_count)))
            filter (where month >= (select previous_from from as_of) and month < (select last_from from as_of)), 0)
            ::decimal(18, 2) as "\0_previous_12_months"
    from floor.customer_profit_monthly
    where customer_id is not null
    group by customer_id
),

orders as (
    select
        customer_id,
        count(*)::int as order_count,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on
    from warehouse.core.fct_orders
    where is_counted and customer_id is not null
    group by customer_id
)

select
    customer_id,
    coalesce(orders.order_count, 0) as order_count,
    orders.first_order_on,
    orders.last_order_on,
    coalesce(columns(summed.* exclude (customer_id, first_month)), 0)::decimal(18, 2) as "\0",
    summed.net_profit::double / nullif(summed.net_sales::double, 0) as margin
from (select customer_id from warehouse.core.dim_customers)
left join summed using (customer_id)
left join orders using (customer_id)
