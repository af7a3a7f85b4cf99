with

customers as (
    select
        customer_id,
        acquired_on,
        acquired_month,
        acquisition_channel,
        acquisition_campaign
    from {{ ref('dim_customers') }}
),

credits as (
    select
        customer_id,
        max(case when attribution = 'first_touch' then channel end) as first_touch_channel,
        max(case when attribution = 'first_touch' then campaign end) as first_touch_campaign,
        max(case when attribution = 'last_touch' then channel end) as last_touch_channel,
        max(case when attribution = 'last_touch' then campaign end) as last_touch_campaign,
        count(distinct case when attribution = 'linear_touch' then channel end) as linear_touch_channels,
        sum(case when attribution = 'linear_touch' then touch_count end) as touch_count
    from {{ ref('fct_acquisition_credits') }}
    group by customer_id
),

costs as (
    select
        customer_id,
        sum(case when is_statement then amount end) as acquisition_cost,
        sum(case when attribution = 'first_touch' then amount end) as first_touch_cost,
        sum(case when attribution = 'last_touch' then amount end) as last_touch_cost,
        sum(case when attribution = 'linear_touch' then amount end) as linear_touch_cost
    from {{ ref('fct_attributed_marketing') }}
    where customer_id is not null
    group by customer_id
),

first_orders as (
    select
        customer_id,
        contribution_2
    from {{ ref('order_profit') }}
    where order_number = 1
),

-- A credit before the first order cannot pay anybody back sooner than they came: it counts in the month of that order.
contributions as (
    select
        statements.customer_id,
        greatest(statements.month, customers.acquired_month) as month,
        sum(statements.contribution_2) as contribution
    from {{ ref('customer_profit_monthly') }} as statements
    inner join customers on statements.customer_id = customers.customer_id
    where statements.profit_owner = 'customer'
    group by statements.customer_id, greatest(statements.month, customers.acquired_month)
),

cumulated as (
    select
        customer_id,
        month,
        sum(contribution) over (
            partition by customer_id order by month rows between unbounded preceding and current row
        ) as contribution_until
    from contributions
),

paybacks as (
    select
        cumulated.customer_id,
        min(cumulated.month) as payback_month
    from cumulated
    inner join costs on cumulated.customer_id = costs.customer_id
    where cumulated.contribution_until >= costs.acquisition_cost
    group by cumulated.customer_id
),

so_far as (
    select
        customer_id,
        sum(contribution) as contribution_so_far
    from contributions
    group by customer_id
)

select
    customers.customer_id,
    customers.acquired_on,
    customers.acquired_month,
    customers.acquisition_channel,
    customers.acquisition_campaign,
    credits.first_touch_channel,
    credits.first_touch_campaign,
    credits.last_touch_channel,
    credits.last_touch_campaign,
    cast(credits.linear_touch_channels as int) as linear_touch_channels,
    cast(credits.touch_count as int) as touch_count,
    cast(costs.acquisition_cost as decimal(18, 2)) as acquisition_cost,
    cast(costs.first_touch_cost as decimal(18, 2)) as first_touch_cost,
    cast(costs.last_touch_cost as decimal(18, 2)) as last_touch_cost,
    cast(costs.linear_touch_cost as decimal(18, 2)) as linear_touch_cost,
    first_orders.contribution_2 as first_order_contribution,
    first_orders.contribution_2 >= costs.acquisition_cost as is_paid_back_by_first_order,
    {{ money_or_zero('so_far.contribution_so_far') }} as contribution_so_far,
    paybacks.payback_month,
    cast({{ months_between('customers.acquired_month', 'paybacks.payback_month') }} as int) as payback_months,
    case when costs.acquisition_cost is not null then paybacks.payback_month is null end as is_payback_censored
from customers
left join credits on customers.customer_id = credits.customer_id
left join costs on customers.customer_id = costs.customer_id
left join first_orders on customers.customer_id = first_orders.customer_id
left join paybacks on customers.customer_id = paybacks.customer_id
left join so_far on customers.customer_id = so_far.customer_id
