with

-- What an order says itself stands side by side already. One of gifts says nothing, and was an order all the same.
orders as (
    select
        {{ profit_owner('orders.customer_id', 'erased_orders.order_id is not null') }} as profit_owner,
        orders.customer_id,
        orders.month,
        {{ own_lines() }},
        {{ own_costs() }}
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
        cast(sum(amount) as decimal(18, 2)) as amount,
        cast(sum(abs(amount)) filter (where cost_basis = 'actual') as decimal(18, 2)) as actual_costs,
        cast(sum(abs(amount)) filter (where cost_basis = 'standard') as decimal(18, 2)) as standard_costs,
        cast(sum(abs(amount)) filter (where cost_basis = 'assumed') as decimal(18, 2)) as assumed_costs
    from {{ ref('fct_profit_entries') }}
    where not is_own
    group by profit_owner, customer_id, month, statement_line
),

side_by_side as (
    select
        profit_owner,
        customer_id,
        month,
        1 as order_count,
        {% for line in statement_entered() -%}
        {{ line if line in statement_of_order() else 'cast(null as decimal(18, 2)) as ' ~ line }},
        {% endfor -%}
        actual_costs,
        cast(null as decimal(18, 2)) as standard_costs,
        assumed_costs
    from orders
    union all
    select
        profit_owner,
        customer_id,
        month,
        0 as order_count,
        {% for line in statement_entered() -%}
        case when statement_line = '{{ line }}' then amount end as {{ line }},
        {% endfor -%}
        actual_costs,
        standard_costs,
        assumed_costs
    from lines
),

added as (
    select
        profit_owner,
        customer_id,
        month,
        sum(order_count) as order_count,
        {% for line in statement_entered() -%}
        cast(sum({{ line }}) as decimal(18, 2)) as {{ line }},
        {% endfor -%}
        coalesce(sum(actual_costs), 0) as actual_costs,
        coalesce(sum(standard_costs), 0) as standard_costs,
        coalesce(sum(assumed_costs), 0) as assumed_costs
    from side_by_side
    group by profit_owner, customer_id, month
),

weighed as (
    select
        *,
        actual_costs + standard_costs + assumed_costs as all_costs
    from added
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
