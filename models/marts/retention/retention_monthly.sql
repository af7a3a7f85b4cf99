with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

activity as (
    select
        customer_id,
        month,
        order_count,
        kept_order_count,
        lag(month) over (partition by customer_id order by month) as month_before,
        lead(month) over (partition by customer_id order by month) as month_after
    from {{ ref('fct_customer_months') }}
),

present as (
    select
        month,
        count(*) as active_customers,
        count(case when kept_order_count > 0 then 1 end) as kept_active_customers,
        count(case when month_before is null then 1 end) as new_customers,
        count(case when month_before = {{ add_months('month', -1) }} then 1 end) as retained_customers,
        count(case when month_before < {{ add_months('month', -1) }} then 1 end) as returned_customers,
        count(case when month_before is not null or order_count > 1 then 1 end) as repeat_customers,
        sum(order_count) as order_count,
        sum(case when month_before is null then order_count - 1 else order_count end) as repeat_orders
    from activity
    group by month
),

-- Who lapsed is counted where they were last seen, and shown in the month in which they were missed.
lapsed as (
    select
        {{ add_months('month', 1) }} as month,
        count(*) as lapsed_customers
    from activity
    where month_after is null or month_after > {{ add_months('month', 1) }}
    group by {{ add_months('month', 1) }}
),

filled as (
    select
        months.month,
        coalesce(present.active_customers, 0) as active_customers,
        coalesce(present.kept_active_customers, 0) as kept_active_customers,
        coalesce(present.new_customers, 0) as new_customers,
        coalesce(present.retained_customers, 0) as retained_customers,
        coalesce(present.returned_customers, 0) as returned_customers,
        coalesce(lapsed.lapsed_customers, 0) as lapsed_customers,
        coalesce(present.repeat_customers, 0) as repeat_customers,
        coalesce(present.order_count, 0) as order_count,
        coalesce(present.repeat_orders, 0) as repeat_orders
    from {{ ref('dim_months') }} as months
    left join present on months.month = present.month
    left join lapsed on months.month = lapsed.month
),

followed as (
    select
        *,
        coalesce(lag(active_customers) over (order by month), 0) as active_before
    from filled
)

select
    followed.month,
    cast(followed.active_before as int) as active_before,
    cast(followed.new_customers as int) as new_customers,
    cast(followed.returned_customers as int) as returned_customers,
    cast(followed.lapsed_customers as int) as lapsed_customers,
    cast(followed.active_customers as int) as active_customers,
    cast(followed.retained_customers as int) as retained_customers,
    cast(followed.kept_active_customers as int) as kept_active_customers,
    cast(followed.repeat_customers as int) as repeat_customers,
    cast(followed.order_count as int) as order_count,
    cast(followed.repeat_orders as int) as repeat_orders,
    {{ ratio('followed.retained_customers', 'followed.active_before') }} as retention_rate,
    {{ ratio('followed.lapsed_customers', 'followed.active_before') }} as lapse_rate,
    {{ ratio('followed.repeat_customers', 'followed.active_customers') }} as repeat_share,
    {{ ratio('followed.repeat_orders', 'followed.order_count') }} as repeat_order_share,
    last_day(followed.month) <= as_of.as_of_date as is_complete
from followed
cross join as_of
