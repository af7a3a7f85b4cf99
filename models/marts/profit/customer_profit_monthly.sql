with

-- An order of gifts puts nothing on the statement, and was an order all the same.
entries as (
    select
        profit_owner,
        customer_id,
        month,
        statement_line,
        cost_basis,
        amount,
        0 as order_count
    from {{ ref('fct_profit_entries') }}
    union all
    select
        {{ profit_owner('orders.customer_id', 'erased_orders.order_id is not null') }} as profit_owner,
        orders.customer_id,
        orders.month,
        cast(null as string) as statement_line,
        cast(null as string) as cost_basis,
        cast(0 as decimal(18, 2)) as amount,
        1 as order_count
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('fct_erased_orders') }} as erased_orders on orders.order_id = erased_orders.order_id
    where orders.is_counted
),

-- A cost that comes back is as well known as one that is paid: costs are weighed without their signs.
lines as (
    select
        profit_owner,
        customer_id,
        month,
        statement_line,
        sum(order_count) as order_count,
        cast(sum(amount) as decimal(18, 2)) as amount,
        cast(sum(abs(amount)) filter (where cost_basis = 'actual') as decimal(18, 2)) as actual_costs,
        cast(sum(abs(amount)) filter (where cost_basis = 'standard') as decimal(18, 2)) as standard_costs,
        cast(sum(abs(amount)) filter (where cost_basis = 'assumed') as decimal(18, 2)) as assumed_costs
    from entries
    group by profit_owner, customer_id, month, statement_line
),

pivoted as (
    select
        profit_owner,
        customer_id,
        month,
        sum(order_count) as order_count,
        {{ statement_pivoted(of_sums=true) }},
        coalesce(sum(actual_costs), 0) as actual_costs,
        coalesce(sum(standard_costs), 0) as standard_costs,
        coalesce(sum(assumed_costs), 0) as assumed_costs
    from lines
    group by profit_owner, customer_id, month
),

weighed as (
    select
        *,
        actual_costs + standard_costs + assumed_costs as all_costs
    from pivoted
)

select
    profit_owner,
    customer_id,
    month,
    cast(order_count as int) as order_count,
    {{ statement_with_subtotals('weighed.') }},
    {{ ratio('actual_costs', 'all_costs') }} as actual_cost_share,
    {{ ratio('standard_costs', 'all_costs') }} as standard_cost_share,
    {{ ratio('assumed_costs', 'all_costs') }} as assumed_cost_share
from weighed
