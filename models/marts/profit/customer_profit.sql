{%- set adjusted_profit -%}
coalesce(summed.net_profit, 0) + coalesce(profit_received.indirect_profit, 0)
        - coalesce(profit_given.profit_to_referrers, 0)
{%- endset -%}
with

customers as (
    select customer_id from {{ ref('dim_customers') }}
),

as_of as (
    select
        as_of_month,
        {{ add_months('as_of_month', -11) }} as last_12_months_from,
        {{ add_months('as_of_month', -23) }} as previous_12_months_from
    from {{ ref('dim_as_of') }}
),

months as (
    select
        months.*,
        months.month >= as_of.last_12_months_from as is_last_12_months,
        months.month >= as_of.previous_12_months_from and months.month < as_of.last_12_months_from
            as is_previous_12_months
    from {{ ref('customer_profit_monthly') }} as months
    cross join as_of
    where months.profit_owner = 'customer'
),

summed as (
    select
        customer_id,
        {{ statement_summed() }},
        {{ statement_summed('is_last_12_months', '_last_12_months') }},
        {{ statement_summed('is_previous_12_months', '_previous_12_months') }}
    from months
    group by customer_id
),

orders as (
    select
        customer_id,
        count(*) as order_count,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
    group by customer_id
),

profit_received as (
    select
        referrer_id as customer_id,
        sum(amount) as indirect_profit
    from {{ ref('referral_profit') }}
    group by referrer_id
),

profit_given as (
    select
        customer_id,
        sum(amount) as profit_to_referrers
    from {{ ref('referral_profit') }}
    group by customer_id
),

company as (
    select sum(amount) as net_profit
    from {{ ref('fct_company_profit_lines') }}
    where statement_line = 'net_profit'
)

select
    customers.customer_id,
    cast(coalesce(orders.order_count, 0) as int) as order_count,
    orders.first_order_on,
    orders.last_order_on,
    {{ statement_filled('summed.') }},
    {{ statement_filled('summed.', '_last_12_months') }},
    {{ statement_filled('summed.', '_previous_12_months') }},
    case when summed.net_sales > 0 then {{ ratio('summed.net_profit', 'summed.net_sales') }} end as margin,
    case when company.net_profit > 0 then {{ ratio('coalesce(summed.net_profit, 0)', 'company.net_profit') }} end
        as contribution_share,
    {{ money_or_zero('profit_received.indirect_profit') }} as indirect_profit,
    {{ money_or_zero('profit_given.profit_to_referrers') }} as profit_to_referrers,
    {{ money_or_zero(adjusted_profit) }} as adjusted_profit,
    case when company.net_profit > 0 then {{ ratio(adjusted_profit, 'company.net_profit') }} end as adjusted_share
from customers
cross join company
left join summed on customers.customer_id = summed.customer_id
left join orders on customers.customer_id = orders.customer_id
left join profit_received on customers.customer_id = profit_received.customer_id
left join profit_given on customers.customer_id = profit_given.customer_id
