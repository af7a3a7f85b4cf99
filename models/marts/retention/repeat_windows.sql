with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

second_orders as (
    select * from {{ ref('second_orders') }}
    where first_order_on is not null
),

customers as (
    {% for days in repeat_windows() -%}
    select
        customer_id,
        cohort_month,
        first_order_on,
        {{ days }} as window_days,
        days_observed >= {{ days }} as is_observed,
        has_second_order_in_{{ days }}_days as has_second_order,
        has_kept_second_order_in_{{ days }}_days as has_kept_second_order
    from second_orders
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

sales as (
    select
        customer_id,
        ordered_on as happened_on,
        gross_sales - discounts as sales,
        cast(0 as decimal(18, 2)) as refunds
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
    union all
    select
        customer_id,
        refunded_on as happened_on,
        cast(0 as decimal(18, 2)) as sales,
        refunds
    from {{ ref('fct_refunds') }}
    where not is_charge and customer_id is not null
),

sales_in_windows as (
    select
        customers.cohort_month,
        customers.window_days,
        sum(sales.sales) as sales,
        sum(sales.refunds) as refunds
    from customers
    inner join sales
        on customers.customer_id = sales.customer_id
        and sales.happened_on <= {{ add_days('customers.first_order_on', 'customers.window_days') }}
    where customers.is_observed
    group by customers.cohort_month, customers.window_days
),

counted as (
    select
        cohort_month,
        window_days,
        count(*) as cohort_customers,
        count(case when is_observed then 1 end) as observed_customers,
        count(case when is_observed and has_second_order then 1 end) as repeat_customers,
        count(case when is_observed and has_kept_second_order then 1 end) as kept_repeat_customers
    from customers
    group by cohort_month, window_days
)

select
    counted.cohort_month,
    cast(counted.window_days as int) as window_days,
    cast(counted.cohort_customers as int) as cohort_customers,
    cast(counted.observed_customers as int) as observed_customers,
    cast(counted.repeat_customers as int) as repeat_customers,
    cast(counted.kept_repeat_customers as int) as kept_repeat_customers,
    {{ ratio('counted.repeat_customers', 'counted.observed_customers') }} as repeat_share,
    {{ ratio('counted.kept_repeat_customers', 'counted.observed_customers') }} as kept_repeat_share,
    {{ per_head('coalesce(sales_in_windows.sales, 0)', 'counted.observed_customers') }} as sales_per_customer,
    {{ per_head('coalesce(sales_in_windows.sales - sales_in_windows.refunds, 0)', 'counted.observed_customers') }}
        as net_sales_per_customer,
    {{ add_days('last_day(counted.cohort_month)', 'counted.window_days') }} <= as_of.as_of_date as is_complete
from counted
cross join as_of
left join sales_in_windows
    on counted.cohort_month = sales_in_windows.cohort_month
    and counted.window_days = sales_in_windows.window_days
