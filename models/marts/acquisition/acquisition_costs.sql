with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

months as (
    select * from {{ ref('fct_acquisition_months') }}
),

customers as (
    select
        acquisitions.acquired_month as month,
        acquisitions.acquisition_channel as channel,
        coalesce(acquisitions.acquisition_campaign, '') as campaign_name,
        sum(acquisitions.first_order_contribution) as first_order_contribution,
        sum(acquisitions.contribution_so_far) as contribution_so_far,
        sum(lifetime_values.customer_equity) as lifetime_value,
        count(lifetime_values.customer_equity) as valued_customers
    from {{ ref('customer_acquisition') }} as acquisitions
    inner join {{ ref('customer_lifetime_value') }} as lifetime_values
        on acquisitions.customer_id = lifetime_values.customer_id
    where acquisitions.acquired_month is not null
    group by 1, 2, 3
),

discounts as (
    select
        orders.month,
        customers.acquisition_channel as channel,
        coalesce(customers.acquisition_campaign, '') as campaign_name,
        sum(orders.order_discount) as acquisition_discounts
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_customers') }} as customers on orders.customer_id = customers.customer_id
    where orders.order_number = 1 and orders.discount_purpose = 'acquisition'
    group by 1, 2, 3
),

joined as (
    select
        months.*,
        months.spend + months.common_costs as loaded_spend,
        coalesce(discounts.acquisition_discounts, 0) as acquisition_discounts,
        customers.first_order_contribution,
        customers.contribution_so_far,
        {{ per_head('customers.lifetime_value', 'customers.valued_customers') }} as lifetime_value_per_customer
    from months
    left join customers
        on months.month = customers.month
        and months.channel = customers.channel
        and coalesce(months.campaign, '') = customers.campaign_name
    left join discounts
        on months.month = discounts.month
        and months.channel = discounts.channel
        and coalesce(months.campaign, '') = discounts.campaign_name
),

totalled as (
    select
        *,
        sum(spend) over (partition by month, channel) as channel_spend,
        sum(new_customers) over (partition by month, channel) as channel_new_customers,
        sum(spend) over (partition by month) as month_spend,
        sum(loaded_spend) over (partition by month) as month_loaded_spend,
        sum(new_customers) over (partition by month) as month_new_customers
    from joined
),

-- Where nothing was spent nobody was won for nothing: what they cost is not known, so it is null.
costs as (
    select
        *,
        case when spend > 0 then {{ per_head('spend', 'new_customers') }} end as paid_acquisition_cost,
        case when channel_spend > 0 then {{ per_head('channel_spend', 'channel_new_customers') }} end
            as channel_acquisition_cost,
        case when month_spend > 0 then {{ per_head('month_spend', 'month_new_customers') }} end
            as blended_acquisition_cost,
        case when loaded_spend > 0 then {{ per_head('loaded_spend', 'new_customers') }} end as fully_loaded_cost,
        case when month_loaded_spend > 0 then {{ per_head('month_loaded_spend', 'month_new_customers') }} end
            as blended_fully_loaded_cost
    from totalled
)

select
    costs.month,
    costs.channel,
    costs.campaign,
    costs.spend,
    costs.common_costs,
    cast(costs.acquisition_discounts as decimal(18, 2)) as acquisition_discounts,
    costs.new_customers,
    costs.paid_acquisition_cost,
    costs.channel_acquisition_cost,
    costs.blended_acquisition_cost,
    costs.fully_loaded_cost,
    costs.blended_fully_loaded_cost,
    {{ per_head('costs.first_order_contribution', 'costs.new_customers') }} as first_order_contribution_per_customer,
    {{ per_head('costs.contribution_so_far', 'costs.new_customers') }} as contribution_so_far_per_customer,
    costs.lifetime_value_per_customer,
    {{ ratio('costs.lifetime_value_per_customer', 'costs.paid_acquisition_cost') }} as clv_to_acquisition_cost,
    {{ ratio('costs.lifetime_value_per_customer', 'costs.fully_loaded_cost') }} as clv_to_fully_loaded_cost,
    last_day(costs.month) <= as_of.as_of_date as is_complete
from costs
cross join as_of
