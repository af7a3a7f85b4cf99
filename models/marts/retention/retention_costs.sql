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
        sum(case when orders.discount_purpose = 'retention' then orders.order_discount else 0 end)
            as retention_discounts,
        sum(case when orders.discount_purpose = 'reactivation' then orders.order_discount else 0 end)
            as reactivation_discounts
    from {{ ref('fct_orders') }} as orders
    inner join channels on orders.customer_id = channels.customer_id
    where orders.is_counted and orders.discount_purpose in ('retention', 'reactivation')
    group by orders.month, channels.channel
),

-- What keeping can return is what those bring who were there the month before.
care as (
    select
        statements.month,
        channels.channel,
        sum(statements.loyalty) as loyalty,
        sum(statements.service) as service,
        sum(case when activity.is_retained then statements.contribution_2 else 0 end) as retained_contribution
    from {{ ref('customer_profit_monthly') }} as statements
    inner join channels on statements.customer_id = channels.customer_id
    left join {{ ref('fct_customer_months') }} as activity
        on statements.customer_id = activity.customer_id
        and statements.month = activity.month
    where statements.loyalty <> 0 or statements.service <> 0 or activity.is_retained
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
        coalesce(discounts.reactivation_discounts, 0) as reactivation_discounts,
        coalesce(care.loyalty, 0) as loyalty,
        coalesce(care.service, 0) as service,
        coalesce(care.retained_contribution, 0) as retained_contribution,
        coalesce(spend.retention_spend, 0) + coalesce(spend.reactivation_spend, 0) + coalesce(care.loyalty, 0)
        + coalesce(care.service, 0) as retention_cost,
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
    cast(retention_spend as decimal(18, 2)) as retention_spend,
    cast(reactivation_spend as decimal(18, 2)) as reactivation_spend,
    cast(retention_discounts as decimal(18, 2)) as retention_discounts,
    cast(reactivation_discounts as decimal(18, 2)) as reactivation_discounts,
    cast(loyalty as decimal(18, 2)) as loyalty,
    cast(service as decimal(18, 2)) as service,
    cast(retention_cost as decimal(18, 2)) as retention_cost,
    cast(active_customers as int) as active_customers,
    cast(retained_customers as int) as retained_customers,
    {{ per_head('retention_cost', 'retained_customers') }} as cost_per_retained_customer,
    {{ per_head('retention_cost', 'active_customers') }} as cost_per_active_customer,
    cast(retained_contribution as decimal(18, 2)) as retained_contribution,
    cast(retained_contribution - retention_cost as decimal(18, 2)) as retained_profit,
    case when retention_cost > 0 then {{ ratio('retained_contribution - retention_cost', 'retention_cost') }} end
        as return_on_retention_cost,
    last_day(month) <= as_of.as_of_date as is_complete
from filled
cross join {{ ref('dim_as_of') }} as as_of
