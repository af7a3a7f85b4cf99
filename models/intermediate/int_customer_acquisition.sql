with

orders as (
    select
        customer_id,
        ordered_at,
        ordered_on,
        row_number() over (partition by customer_id order by ordered_at, order_id) as place
    from {{ ref('int_counted_orders') }}
    where customer_id is not null
),

first_orders as (
    select *
    from orders
    where place = 1
),

customers as (
    select
        customer_id,
        acquisition_channel,
        acquisition_campaign
    from {{ ref('stg_customers') }}
    where account_id = customer_id
),

-- The touch that won a customer is the last one on or before the first order.
touches_before as (
    select
        first_orders.customer_id,
        touches.channel,
        touches.campaign,
        row_number() over (
            partition by first_orders.customer_id order by touches.touched_at desc, touches.touch_id desc
        ) as place_from_last
    from first_orders
    inner join {{ ref('stg_marketing_touches') }} as touches
        on first_orders.customer_id = touches.customer_id
        and touches.touched_at <= first_orders.ordered_at
),

last_touches as (
    select *
    from touches_before
    where place_from_last = 1
)

select
    first_orders.customer_id,
    first_orders.ordered_on as acquired_on,
    {{ month_of('first_orders.ordered_on') }} as month,
    coalesce(last_touches.channel, customers.acquisition_channel, 'unattributed') as channel,
    case
        when last_touches.channel is not null then last_touches.campaign
        else customers.acquisition_campaign
    end as campaign
from first_orders
left join last_touches on first_orders.customer_id = last_touches.customer_id
left join customers on first_orders.customer_id = customers.customer_id
