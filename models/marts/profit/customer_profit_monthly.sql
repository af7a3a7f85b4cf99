with

entries as (
    select * from {{ ref('fct_profit_entries') }}
),

order_counts as (
    select
        {{ profit_owner('orders.customer_id', 'erased_orders.order_id is not null') }} as profit_owner,
        orders.customer_id,
        orders.month,
        count(*) as order_count
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('fct_erased_orders') }} as erased_orders on orders.order_id = erased_orders.order_id
    where orders.is_counted
    group by profit_owner, orders.customer_id, orders.month
),

-- A cost that comes back is as well known as one that is paid: costs are weighed without their signs.
pivoted as (
    select
        profit_owner,
        customer_id,
        month,
        {{ statement_pivoted() }},
        coalesce(sum(abs(amount)) filter (where cost_basis = 'actual'), 0) as actual_costs,
        coalesce(sum(abs(amount)) filter (where cost_basis = 'standard'), 0) as standard_costs,
        coalesce(sum(abs(amount)) filter (where cost_basis = 'assumed'), 0) as assumed_costs
    from entries
    group by profit_owner, customer_id, month
),

weighed as (
    select
        *,
        actual_costs + standard_costs + assumed_costs as all_costs
    from pivoted
)

-- An order of gifts puts nothing on the statement, and was an order all the same.
select
    coalesce(weighed.profit_owner, order_counts.profit_owner) as profit_owner,
    coalesce(weighed.customer_id, order_counts.customer_id) as customer_id,
    coalesce(weighed.month, order_counts.month) as month,
    cast(coalesce(order_counts.order_count, 0) as int) as order_count,
    {{ statement_with_subtotals('weighed.') }},
    {{ ratio('weighed.actual_costs', 'weighed.all_costs') }} as actual_cost_share,
    {{ ratio('weighed.standard_costs', 'weighed.all_costs') }} as standard_cost_share,
    {{ ratio('weighed.assumed_costs', 'weighed.all_costs') }} as assumed_cost_share
from weighed
full outer join order_counts
    on weighed.profit_owner = order_counts.profit_owner
    and weighed.customer_id is not distinct from order_counts.customer_id
    and weighed.month = order_counts.month
