-- Who of each month's new customers is still buying, and what they have brought by then.
create or replace table floor.customer_retention as
with

customers as (
    select customer_id, acquired_month as cohort_month
    from warehouse.core.dim_customers where acquired_month is not null
),

activity as (
    select
        orders.customer_id,
        orders.month,
        bool_or(returned.order_id is null) as has_kept,
        min(order_number) <= 2 and max(order_number) >= 2 as has_second_order,
        lag(orders.month) over (partition by orders.customer_id order by orders.month)
            = (orders.month - interval 1 month)::date as is_retained
    from warehouse.core.fct_orders as orders
    left join warehouse.core.fct_returned_orders as returned
        on orders.order_id = returned.order_id and returned.returned_on <= last_day(orders.month)
    where is_counted and orders.customer_id is not null
    group by orders.customer_id, orders.month
),

active as (
    select
        cohort_month,
        month,
        count(*) as active_customers,
        count(*) filter (where has_kept) as kept_active_customers,
        count(*) filter (where is_retained) as retained_customers,
        count(*) filter (where has_second_order) as new_repeaters
    from activity inner join customers using (customer_id)
    group by all
),

profits as (
    select
        cohort_month,
        greatest(month, cohort_month) as month,
        sum(gross_sales - discounts) as sales,
        sum(net_sales) as net_sales,
        sum(net_profit) as net_profit
    from floor.customer_profit_monthly inner join customers using (customer_id)
    group by all
)

select
    cohort_month,
    date_diff('month', cohort_month, months.month)::int as months_since,
    months.month,
    cohort_customers::int as cohort_customers,
    coalesce(active_customers, 0)::int as active_customers,
    coalesce(kept_active_customers, 0)::int as kept_active_customers,
    coalesce(retained_customers, 0)::int as retained_customers,
    coalesce(active_customers, 0) / cohort_customers as retention_rate,
    coalesce(kept_active_customers, 0) / cohort_customers as kept_retention_rate,
    coalesce(sum(new_repeaters) over so_far, 0) / cohort_customers as repeat_share,
    round((coalesce(sum(sales) over so_far, 0)::double / cohort_customers)::decimal(20, 6), 2)::decimal(18, 2)
        as cumulative_sales_per_customer,
    round((coalesce(sum(net_sales) over so_far, 0)::double / cohort_customers)::decimal(20, 6), 2)::decimal(18, 2)
        as cumulative_net_sales_per_customer,
    round((coalesce(sum(net_profit) over so_far, 0)::double / cohort_customers)::decimal(20, 6), 2)::decimal(18, 2)
        as cumulative_profit_per_customer,
    last_day(months.month) <= as_of_date as is_complete,
    last_day(months.month) + rule_value::int <= as_of_date as is_profit_complete
from (select cohort_month, count(*) as cohort_customers from customers group by all) as cohorts
inner join warehouse.core.dim_months as months on months.month >= cohort_month
cross join warehouse.core.dim_as_of
inner join warehouse.settings.marketing_rules on rule = 'settling_days'
left join active using (cohort_month, month)
left join profits using (cohort_month, month)
window so_far as (partition by cohort_month order by months.month)
