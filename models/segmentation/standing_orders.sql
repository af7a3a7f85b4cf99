with

cancelled_later as (
    select
        customer_id,
        order_id,
        ordered_on,
        sales_channel,
        cancelled_on
    from {{ ref('fct_orders_cancelled_later') }}
    where customer_id is not null
),

orders as (
    select
        customer_id,
        order_id,
        ordered_on,
        sales_channel,
        cast(null as date) as cancelled_on
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
    union all
    select
        customer_id,
        order_id,
        ordered_on,
        sales_channel,
        cancelled_on
    from cancelled_later
),

who_cancelled as (
    select distinct customer_id from cancelled_later
),

days as (
    select as_of_date from {{ ref('dim_segment_days') }}
)

-- Who never cancelled late has one history, of which each day knows a part; who did has one for each day.
select
    orders.customer_id,
    cast(null as date) as of_day,
    orders.order_id,
    orders.ordered_on,
    orders.sales_channel
from orders
left join who_cancelled on orders.customer_id = who_cancelled.customer_id
where who_cancelled.customer_id is null
union all
select
    orders.customer_id,
    days.as_of_date as of_day,
    orders.order_id,
    orders.ordered_on,
    orders.sales_channel
from orders
inner join who_cancelled on orders.customer_id = who_cancelled.customer_id
inner join days
    on orders.ordered_on <= days.as_of_date
    and (orders.cancelled_on is null or days.as_of_date < orders.cancelled_on)
