with

profit_lines as (
    select * from {{ ref('fct_profit_lines') }}
),

order_counts as (
    select
        case when customer_id is null then 'guests' else 'customer' end as profit_owner,
        customer_id,
        month,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    where is_counted
    group by customer_id, month
),

pivoted as (
    select
        profit_owner,
        customer_id,
        month,
        {{ statement_pivoted() }}
    from profit_lines
    group by profit_owner, customer_id, month
),

-- A cost that comes back is as well known as one that is paid: amounts count without their signs.
costs as (
    select
        profit_owner,
        customer_id,
        month,
        sum(abs(amount)) as total,
        sum(case when cost_basis = 'actual' then abs(amount) else 0 end) as actual,
        sum(case when cost_basis = 'standard' then abs(amount) else 0 end) as standard,
        sum(case when cost_basis = 'assumed' then abs(amount) else 0 end) as assumed
    from {{ ref('fct_profit_entries') }}
    where cost_basis is not null
    group by profit_owner, customer_id, month
)

select
    pivoted.profit_owner,
    pivoted.customer_id,
    pivoted.month,
    cast(coalesce(order_counts.order_count, 0) as int) as order_count,
    {{ statement_list('pivoted.') }},
    {{ ratio('costs.actual', 'costs.total') }} as actual_cost_share,
    {{ ratio('costs.standard', 'costs.total') }} as standard_cost_share,
    {{ ratio('costs.assumed', 'costs.total') }} as assumed_cost_share
from pivoted
left join order_counts
    on pivoted.profit_owner = order_counts.profit_owner
    and pivoted.customer_id is not distinct from order_counts.customer_id
    and pivoted.month = order_counts.month
left join costs
    on pivoted.profit_owner = costs.profit_owner
    and pivoted.customer_id is not distinct from costs.customer_id
    and pivoted.month = costs.month
