with

channels as (
    select
        customer_id,
        coalesce(acquisition_channel, 'unattributed') as channel
    from {{ ref('dim_customers') }}
),

active as (
    select
        activity.month,
        channels.channel,
        count(*) as active_customers,
        count(case when activity.is_retained then 1 end) as retained_customers
    from {{ ref('fct_customer_months') }} as activity
    inner join channels on activity.customer_id = channels.customer_id
    group by activity.month, channels.channel
),

-- What reached nobody stays a row of its own, so that the channels add up to the spend.
spend as (
    select
        shares.month,
        case when shares.customer_id is null then 'unassigned' else channels.channel end as channel,
        sum(case when shares.purpose = 'retention' then shares.amount else 0 end) as retention_spend,
        sum(case when shares.purpose = 'reactivation' then shares.amount else 0 end) as reactivation_spend
    from {{ ref('fct_retention_marketing') }} as shares
    left join channels on shares.customer_id = channels.customer_id
    group by shares.month, case when shares.customer_id is null then 'unassigned' else channels.channel end
),

discounts as (
    select
        orders.month,
        channels.channel,
        sum(orders.order_discount) as retention_discounts
    from {{ ref('fct_orders') }} as orders
    inner join channels on orders.customer_id = channels.customer_id
    where orders.is_counted and orders.discount_purpose in ('retention', 'reactivation')
    group by orders.month, channels.channel
),

care as (
    select
        statements.month,
        channels.channel,
        sum(statements.loyalty) as loyalty,
        sum(statements.service) as service
    from {{ ref('customer_profit_monthly') }} as statements
    inner join channels on statements.customer_id = channels.customer_id
    where statements.loyalty <> 0 or statements.service <> 0
    group by statements.month, channels.channel
),

cells as (
    select month, channel from active
    union
    select month, channel from spend
    union
    select month, channel from discounts
    union
    select month, channel from care
),

filled as (
    select
        cells.month,
        cells.channel,
        coalesce(spend.retention_spend, 0) as retention_spend,
        coalesce(spend.reactivation_spend, 0) as reactivation_spend,
        coalesce(discounts.retention_discounts, 0) as retention_discounts,
        coalesce(care.loyalty, 0) as loyalty,
        coalesce(care.service, 0) as service,
        coalesce(active.active_customers, 0) as active_customers,
        coalesce(active.retained_customers, 0) as retained_customers
    from cells
    left join active on cells.month = active.month and cells.channel = active.channel
    left join spend on cells.month = spend.month and cells.channel = spend.channel
    left join discounts on cells.month = discounts.month and cells.channel = discounts.channel
    left join care on cells.month = care.month and cells.channel = care.channel
)

select
    month,
    channel,
    cast(retention_spend as decimal(20, 2)) as retention_spend,
    cast(reactivation_spend as decimal(20, 2)) as reactivation_spend,
    cast(retention_discounts as decimal(20, 2)) as retention_discounts,
    cast(loyalty as decimal(20, 2)) as loyalty,
    cast(service as decimal(20, 2)) as service,
    cast(active_customers as int) as active_customers,
    cast(retained_customers as int) as retained_customers,
    {{ per_head('retention_spend + reactivation_spend + loyalty + service', 'retained_customers') }}
        as cost_per_retained_customer,
    {{ per_head('retention_spend + reactivation_spend + loyalty + service', 'active_customers') }}
        as cost_per_active_customer
from filled
