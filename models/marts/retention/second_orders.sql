with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

customers as (
    select
        customer_id,
        acquired_on,
        acquired_month
    from {{ ref('dim_customers') }}
),

orders as (
    select
        orders.customer_id,
        orders.order_number,
        orders.ordered_on,
        returned.returned_on,
        customers.acquired_on,
        {{ days_between('customers.acquired_on', 'orders.ordered_on') }} as days_since_first,
        {{ days_between('customers.acquired_on', 'returned.returned_on') }} as days_to_return
    from {{ ref('fct_orders') }} as orders
    inner join customers on orders.customer_id = customers.customer_id
    left join {{ ref('fct_returned_orders') }} as returned on orders.order_id = returned.order_id
    where orders.is_counted
),

-- An order is kept in a window if it lies in it and had not been given back wholly when the window ended.
counted as (
    select
        customer_id,
        count(*) as order_count,
        min(case when order_number = 2 then ordered_on end) as second_order_on,
        max(ordered_on) as last_order_on,
        {{ orders_in_windows() }}
    from orders
    group by customer_id
),

gaps as (
    select
        customer_id,
        {{ days_between(
            'lag(ordered_on) over (partition by customer_id order by order_number)', 'ordered_on'
        ) }} as days_between_orders
    from orders
),

middle_gaps as (
    select
        customer_id,
        median(cast(days_between_orders as double)) as median_days
    from gaps
    where days_between_orders is not null
    group by customer_id
),

observed as (
    select
        customers.customer_id,
        customers.acquired_on,
        customers.acquired_month,
        {{ days_between('customers.acquired_on', 'as_of.as_of_date') }} as days_observed
    from customers
    cross join as_of
)

-- A window that is not over yet has not failed: null, and not false.
select
    observed.customer_id,
    observed.acquired_on as first_order_on,
    observed.acquired_month as cohort_month,
    cast(observed.days_observed as int) as days_observed,
    cast(coalesce(counted.order_count, 0) as int) as order_count,
    counted.second_order_on,
    cast({{ days_between('observed.acquired_on', 'counted.second_order_on') }} as int) as days_to_second_order,
    {{ second_orders_in_windows() }},
    {{ per_head(days_between('observed.acquired_on', 'counted.last_order_on'), 'counted.order_count - 1') }}
        as mean_days_between_orders,
    cast(middle_gaps.median_days as decimal(18, 2)) as median_days_between_orders
from observed
left join counted on observed.customer_id = counted.customer_id
left join middle_gaps on observed.customer_id = middle_gaps.customer_id
