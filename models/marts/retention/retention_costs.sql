with

channels as (
    select
        customer_id,
        coalesce(acquisition_channel, 'unattributed') as channel
    from {{ ref('dim_customers') }}
),

activity as (
    select distinct
        customer_id,
        month
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
),

active as (
    select
        activity.month,
        channels.channel,
        count(*) as active_customers,
        count(before.customer_id) as retained_customers
    from activity
    inner join channels on activity.customer_id = channels.customer_id
    left join activity as before
        on activity.customer_id = before.customer_id
        and before.month = {{ add_months('activity.month', -1) }}
    group by activity.month, channels.channel
),

assigned_spend as (
    select
        shares.month,
        channels.channel,
        sum(case when shares.purpose = 'retention' then shares.amount else 0 end) as retention_spend,
        sum(case when shares.purpose = 'reactivation' then shares.amount else 0 end) as reactivation_spend
    from {{ ref('fct_retention_marketing') }} as shares
    inner join channels on shares.customer_id = channels.customer_id
    group by shares.month, channels.channel
),

all_spend as (
    select
        month,
        sum(case when purpose = 'retention' then amount else 0 end) as retention_spend,
        sum(case when purpose = 'reactivation' then amount else 0 end) as reactivation_spend
    from {{ ref('fct_marketing_spend') }}
    where purpose in ('retention', 'reactivation')
    group by month
),

assigned_totals as (
    select
        month,
        sum(retention_spend) as retention_spend,
        sum(reactivation_spend) as reactivation_spend
    from assigned_spend
    group by month
),

-- What reached nobody stays a row of its own, so that the channels add up to the spend.
spend as (
    select * from assigned_spend
    union all
    select
        all_spend.month,
        'unassigned' as channel,
        all_spend.retention_spend - coalesce(assigned_totals.retention_spend, 0) as retention_spend,
        all_spend.reactivation_spend - coalesce(assigned_totals.reactivation_spend, 0) as reactivation_spend
    from all_spend
    left join assigned_totals on all_spend.month = assigned_totals.month
    where
        all_spend.retention_spend <> coalesce(assigned_totals.retention_spend, 0)
        or all_spend.reactivation_spend <> coalesce(assigned_totals.reactivation_spend, 0)
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
        lines.month,
        channels.channel,
        sum(case when lines.statement_line = 'loyalty' then lines.amount else 0 end) as loyalty,
        sum(case when lines.statement_line = 'service' then lines.amount else 0 end) as service
    from {{ ref('fct_profit_lines') }} as lines
    inner join channels on lines.customer_id = channels.customer_id
    where lines.statement_line in ('loyalty', 'service')
    group by lines.month, channels.channel
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
