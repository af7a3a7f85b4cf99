with

as_of as (
    select
        dim_as_of.as_of_date,
        cast(rules.rule_value as int) as settling_days
    from {{ ref('dim_as_of') }} as dim_as_of
    inner join {{ ref('marketing_rules') }} as rules on rules.rule = 'settling_days'
),

customers as (
    select
        customer_id,
        acquired_month as cohort_month
    from {{ ref('dim_customers') }}
    where acquired_month is not null
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_customers
    from customers
    group by cohort_month
),

active as (
    select
        customers.cohort_month,
        activity.month,
        count(*) as active_customers,
        count(case when activity.kept_order_count > 0 then 1 end) as kept_active_customers,
        count(case when activity.is_retained then 1 end) as retained_customers,
        count(case when activity.has_second_order then 1 end) as new_repeaters
    from {{ ref('fct_customer_months') }} as activity
    inner join customers on activity.customer_id = customers.customer_id
    group by customers.cohort_month, activity.month
),

profits as (
    select
        customers.cohort_month,
        statements.month,
        sum(statements.gross_sales - statements.discounts) as sales,
        sum(statements.net_sales) as net_sales,
        sum(statements.net_profit) as net_profit
    from {{ ref('customer_profit_monthly') }} as statements
    inner join customers on statements.customer_id = customers.customer_id
    group by customers.cohort_month, statements.month
),

-- Costs before the first order belong to month 0: they are what the cohort has cost so far.
profits_since as (
    select
        cohort_month,
        case when month < cohort_month then cohort_month else month end as month,
        sum(sales) as sales,
        sum(net_sales) as net_sales,
        sum(net_profit) as net_profit
    from profits
    group by 1, 2
),

cells as (
    select
        cohorts.cohort_month,
        months.month,
        cohorts.cohort_customers,
        coalesce(active.active_customers, 0) as active_customers,
        coalesce(active.kept_active_customers, 0) as kept_active_customers,
        coalesce(active.retained_customers, 0) as retained_customers,
        coalesce(active.new_repeaters, 0) as new_repeaters,
        coalesce(profits_since.sales, 0) as sales,
        coalesce(profits_since.net_sales, 0) as net_sales,
        coalesce(profits_since.net_profit, 0) as net_profit
    from cohorts
    inner join {{ ref('dim_months') }} as months on months.month >= cohorts.cohort_month
    left join active
        on cohorts.cohort_month = active.cohort_month
        and months.month = active.month
    left join profits_since
        on cohorts.cohort_month = profits_since.cohort_month
        and months.month = profits_since.month
),

cumulated as (
    select
        *,
        {{ so_far(['new_repeaters', 'sales', 'net_sales', 'net_profit'], 'cohort_month', 'month') }}
    from cells
)

select
    cumulated.cohort_month,
    cast({{ months_between('cumulated.cohort_month', 'cumulated.month') }} as int) as months_since,
    cumulated.month,
    cast(cumulated.cohort_customers as int) as cohort_customers,
    cast(cumulated.active_customers as int) as active_customers,
    cast(cumulated.kept_active_customers as int) as kept_active_customers,
    cast(cumulated.retained_customers as int) as retained_customers,
    {{ ratio('cumulated.active_customers', 'cumulated.cohort_customers') }} as retention_rate,
    {{ ratio('cumulated.kept_active_customers', 'cumulated.cohort_customers') }} as kept_retention_rate,
    {{ ratio('cumulated.new_repeaters_so_far', 'cumulated.cohort_customers') }} as repeat_share,
    {{ per_head('cumulated.sales_so_far', 'cumulated.cohort_customers') }} as cumulative_sales_per_customer,
    {{ per_head('cumulated.net_sales_so_far', 'cumulated.cohort_customers') }}
        as cumulative_net_sales_per_customer,
    {{ per_head('cumulated.net_profit_so_far', 'cumulated.cohort_customers') }} as cumulative_profit_per_customer,
    last_day(cumulated.month) <= as_of.as_of_date as is_complete,
    {{ add_days('last_day(cumulated.month)', 'as_of.settling_days') }} <= as_of.as_of_date as is_profit_complete
from cumulated
cross join as_of
