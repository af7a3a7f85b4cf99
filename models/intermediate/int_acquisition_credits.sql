with

rules as (
    select rule_value as window_days
    from {{ ref('marketing_rules') }}
    where rule = 'attribution_window_days'
),

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

-- Where the account that is kept names no channel, the oldest of the others that names one does.
accounts as (
    select
        customer_id,
        acquisition_channel,
        acquisition_campaign,
        row_number() over (
            partition by customer_id
            order by
                case when acquisition_channel is null then 1 else 0 end,
                case when account_id = customer_id then 0 else 1 end,
                created_at nulls last,
                account_id
        ) as place
    from {{ ref('stg_customers') }}
),

customers as (
    select *
    from accounts
    where place = 1
),

-- A letter meant to keep customers wins nobody, even if it reaches somebody who has not bought yet.
touches_before as (
    select
        first_orders.customer_id,
        touches.channel,
        touches.campaign,
        row_number() over (
            partition by first_orders.customer_id order by touches.touched_at, touches.touch_id
        ) as place,
        row_number() over (
            partition by first_orders.customer_id order by touches.touched_at desc, touches.touch_id desc
        ) as place_from_last
    from first_orders
    inner join {{ ref('stg_marketing_touches') }} as touches
        on first_orders.customer_id = touches.customer_id
        and touches.touched_at <= first_orders.ordered_at
    cross join rules
    where
        coalesce(touches.purpose, 'acquisition') not in ('retention', 'reactivation')
        and {{ days_between('touches.touched_on', 'first_orders.ordered_on') }} <= rules.window_days
),

touched as (
    select customer_id, 'first_touch' as attribution, channel, campaign, 1 as touch_count
    from touches_before
    where place = 1
    union all
    select customer_id, 'last_touch' as attribution, channel, campaign, 1 as touch_count
    from touches_before
    where place_from_last = 1
    union all
    select customer_id, 'linear_touch' as attribution, channel, campaign, count(*) as touch_count
    from touches_before
    group by customer_id, channel, campaign
),

-- Whom no touch is known of came by the channel that the shop has written down, under each rule.
credited as (
    select
        first_orders.customer_id,
        first_orders.ordered_on as acquired_on,
        rules.attribution,
        rules.is_statement,
        coalesce(touched.channel, customers.acquisition_channel, 'unattributed') as channel,
        case when touched.channel is null then customers.acquisition_campaign else touched.campaign end as campaign,
        coalesce(touched.touch_count, 0) as touch_count,
        coalesce(touched.touch_count, 1) as weight
    from first_orders
    cross join {{ ref('attribution_rules') }} as rules
    left join touched on first_orders.customer_id = touched.customer_id and rules.attribution = touched.attribution
    left join customers on first_orders.customer_id = customers.customer_id
)

select
    customer_id,
    acquired_on,
    {{ month_of('acquired_on') }} as month,
    attribution,
    is_statement,
    channel,
    campaign,
    cast(touch_count as int) as touch_count,
    cast({{ ratio('weight', 'sum(weight) over (partition by customer_id, attribution)') }} as decimal(9, 6)) as credit
from credited
