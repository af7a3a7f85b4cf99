{#- Whether settings name this driver: alone or, where it is counted by service channel, too, with one after a colon. -#}
{% macro is_named_driver(name, drivers) -%}
({{ name }} = {{ drivers }}.driver
    or ({{ drivers }}.is_by_channel
        and substring({{ name }}, 1, length({{ drivers }}.driver) + 1) = concat({{ drivers }}.driver, ':')
        and length({{ name }}) > length({{ drivers }}.driver) + 1))
{%- endmacro %}

{#-
  What was used of each cost pool, from units of drivers (time-driven activity-based costing, Kaplan & Anderson 2004).

  relation    a relation of `month`, `driver`, `units` and the keys; no CTE where it is large: it is read twice and more,
              and a CTE would be made whole for that
  keys        columns that name the user, without the month
  of_sums     the relation has one row of a user, month and driver: where a pool goes by its driver and no activity has a
              part in it, there is nothing to add up, and most pools are such

  Yields the keys, month, pool, and
    capacity_used   units of the pool's driver; minutes where it follows activities
    standard_cost   what its activities cost at standard rates; 0 where it has none
-#}
{% macro pool_units(relation, keys, of_sums=false) -%}
{%- set user = keys | join(', ') ~ ', ' if keys else '' -%}
{%- set user_of_units = 'units.' ~ keys | join(', units.') ~ ', ' if keys else '' -%}
{%- set has_activities = 'rules.pool in (select pool from ' ~ ref('int_cost_rates') ~ ')' -%}
select
    {{ user }}month,
    pool,
    cast(sum(capacity_used) as decimal(28, 7)) as capacity_used,
    cast(sum(standard_cost) as decimal(25, 11)) as standard_cost
from (
    select
        {{ user_of_units }}units.month,
        rules.pool,
        cast(units.units as decimal(24, 7)) as capacity_used,
        cast(0 as decimal(36, 11)) as standard_cost
    from {{ relation }} as units
    inner join {{ ref('int_pool_rules') }} as rules
        on units.driver = rules.driver
        and {{ is_valid_on('units.month', 'rules') }}
    {% if of_sums -%}
    where {{ has_activities }}
    {% endif -%}
    union all
    select
        {{ user_of_units }}units.month,
        rates.pool,
        case
            when rules.driver = 'activities'
                then cast(cast(units.units as decimal(19, 3)) * rates.minutes as decimal(24, 7))
            else cast(0 as decimal(24, 7))
        end as capacity_used,
        cast(cast(units.units as decimal(19, 3)) * rates.minutes as decimal(24, 7)) * rates.rate as standard_cost
    from {{ relation }} as units
    inner join {{ ref('int_cost_rates') }} as rates
        on units.driver = rates.driver
        and {{ is_valid_on('units.month', 'rates') }}
    inner join {{ ref('int_pool_rules') }} as rules
        on rates.pool = rules.pool
        and {{ is_valid_on('units.month', 'rules') }}
) as used
group by {{ user }}month, pool
{%- if of_sums %}
union all
select
    {{ user_of_units }}units.month,
    rules.pool,
    cast(units.units as decimal(28, 7)) as capacity_used,
    cast(0 as decimal(25, 11)) as standard_cost
from {{ relation }} as units
inner join {{ ref('int_pool_rules') }} as rules
    on units.driver = rules.driver
    and {{ is_valid_on('units.month', 'rules') }}
where not {{ has_activities }}
{%- endif %}
{%- endmacro %}

{#-
  What the goods of an order line cost, of its quantity, unit_cost, gross_sales, discounts and whether it is_charge: by
  what a unit costs, else by the margin that is assumed (margin_share).
-#}
{% macro cost_of_line() -%}
case
    when is_charge then cast(0 as decimal(18, 2))
    when unit_cost is not null then {{ cents('quantity * unit_cost') }}
    else {{ cents('cast(gross_sales - discounts as decimal(19, 2)) * (1 - margin_share)') }}
end
{%- endmacro %}

{#- How well that is known. -#}
{% macro cost_basis_of_line() -%}
case
    when is_charge then 'none'
    when unit_cost is not null then 'actual'
    else 'assumed'
end
{%- endmacro %}

{#- What a payment costs whose fee is not handed in: a share of its amount and a fixed fee, to the cent, once. -#}
{% macro payment_fee(amount) -%}
{%- set share_of_amount = 'coalesce(of_method.share_of_amount, of_any.share_of_amount)' -%}
{%- set fixed_fee = 'coalesce(of_method.fixed_fee, of_any.fixed_fee)' -%}
{{ cents('cast(' ~ amount ~ ' as decimal(19, 2)) * cast(' ~ share_of_amount ~ ' as decimal(9, 6)) + ' ~ fixed_fee) }}
{%- endmacro %}

{#- Joins what `payment_fee` reads: the fees of a method on a day, and those of any method for who has none of its own. -#}
{% macro join_payment_fee_rates(method, day) -%}
left join {{ ref('int_payment_fee_rates') }} as of_method
    on {{ method }} = of_method.method
    and {{ is_valid_on(day, 'of_method') }}
left join {{ ref('int_payment_fee_rates') }} as of_any
    on of_any.method = '*'
    and {{ is_valid_on(day, 'of_any') }}
{%- endmacro %}

{#-
  What orders cost of which no payment is handed in, a row an order whose method, or any, has a fee.

  orders      a relation of orders with their `ordered_on`, `payment_method` and `amount` paid
  columns     of them, which are handed on
-#}
{% macro standard_payment_fees(orders, columns) -%}
select
    {% for column in columns -%}
    orders.{{ column }},
    {% endfor -%}
    {{ payment_fee('orders.amount') }} as fee_amount
from {{ orders }} as orders
{{ join_payment_fee_rates('orders.payment_method', 'orders.ordered_on') }}
where coalesce(of_method.method, of_any.method) is not null
{%- endmacro %}

{#- Cost of what has come back of `sold_cogs`: the part in pieces of `sold_quantity` and in value of `sold_net`, at most all. -#}
{% macro returned_cost(pieces, value) -%}
{{ cents_of(
    'sold_cogs',
    'least(coalesce(' ~ ratio(pieces, 'sold_quantity') ~ ', 0) + coalesce(' ~ ratio(value, 'sold_net') ~ ', 0), 1)'
) }}
{%- endmacro %}

{#-
  The cost that came back with goods that were put back into stock: a row a refund.

  refunds     a relation as fct_refunds; with the columns `also`, which are handed on
  lines       a relation as fct_order_lines, of their orders
-#}
{% macro returned_goods(refunds, lines, also=[]) -%}
with

-- A refund names the line that came back, or none where the whole order did.
refunds as (
    select
        *,
        case when line_number is null then order_id end as whole_order_id
    from {{ refunds }}
    where is_restocked and not is_charge and order_id is not null
),

whole_orders as (
    select
        order_id,
        sum(net_of_discounts) as net_of_discounts,
        sum(cogs) as cogs,
        sum(greatest(cogs, 0)) as most_cogs,
        max(cost_basis) as cost_basis
    from {{ lines }}
    where not is_charge and order_id in (select whole_order_id from refunds)
    group by order_id
),

sold as (
    select
        refunds.*,
        lines.quantity as sold_quantity,
        case when refunds.line_number is null then whole_orders.net_of_discounts else lines.net_of_discounts end
            as sold_net,
        case when refunds.line_number is null then whole_orders.cogs else lines.cogs end as sold_cogs,
        case when refunds.line_number is null then whole_orders.cost_basis else lines.cost_basis end as cost_basis,
        whole_orders.most_cogs
    from refunds
    left join {{ lines }} as lines
        on refunds.order_id = lines.order_id
        and refunds.line_number = lines.line_number
        and not lines.is_charge
    left join whole_orders on refunds.order_id = whole_orders.order_id
),

-- The part of the line that came back: by pieces where they were counted, else by value.
parts as (
    select
        *,
        case when sold_quantity > 0 then quantity end as pieces,
        case when quantity is null or coalesce(sold_quantity, 0) = 0 then refunds end as value_back
    from sold
),

cumulated as (
    select
        *,
        coalesce(sum(pieces) over (
            partition by order_id, line_number order by refunded_at, refund_id
            rows between unbounded preceding and current row
        ), 0) as pieces_until,
        coalesce(sum(value_back) over (
            partition by order_id, line_number order by refunded_at, refund_id
            rows between unbounded preceding and current row
        ), 0) as value_until
    from parts
),

-- What has come back until a refund less what had come back before it: so the cents of a line add up to its cost.
returned as (
    select
        *,
        {{ returned_cost('pieces_until', 'value_until') }} as returned_until,
        {{ returned_cost('pieces_until - coalesce(pieces, 0)', 'value_until - coalesce(value_back, 0)') }}
            as returned_before
    from cumulated
),

-- Where lines came back, and then the rest as a whole order, the two know nothing of each other: together they bring
-- back what the order cost, at most.
of_orders as (
    select
        *,
        sum(returned_until - returned_before) over (
            partition by order_id order by refunded_at, refund_id rows between unbounded preceding and current row
        ) as order_until
    from returned
    where sold_cogs is not null
)

select
    refund_id,
    order_id,
    line_number,
    customer_id,
    product_id,
    month,
    cost_basis,
    {% for column in also %}{{ column }},
    {% endfor -%}
    cast(
        case
            when most_cogs is null then returned_until - returned_before
            else least(order_until, most_cogs) - least(order_until - returned_until + returned_before, most_cogs)
        end
        as decimal(18, 2)
    ) as returned_cogs
from of_orders
{%- endmacro %}

{#- The weight by which a pool's cost is shared, a whole number. The pool says whether by standard cost or by capacity. -#}
{% macro pool_weight(units, pools) -%}
case
    when {{ pools }}.is_shared_by_standard_cost then {{ whole_number(units ~ '.standard_cost', 11) }}
    else {{ whole_number(units ~ '.capacity_used', 7) }}
end
{%- endmacro %}

{#-
  What each pool costs in each month, and what of it is assigned, idle and unassigned.

  keys    columns of the CTEs read that tell several tellings of a month apart; none: there is one

  Follows CTEs `ledger` (keys, month, pool, amount, practical_capacity) and `used` (keys, month, pool, capacity_used,
  standard_cost).
-#}
{% macro pool_months(keys=[]) -%}
{%- set key_list = keys | join(', ') ~ ', ' if keys else '' -%}
pool_months as (
    select
        {{ key_list }}month,
        pool
    from ledger
    union
    select
        {{ key_list }}month,
        pool
    from used
    where standard_cost > 0
),

stated as (
    select
        {% for key in keys %}pool_months.{{ key }},
        {% endfor %}pool_months.month,
        pool_months.pool,
        coalesce(rules.statement_line, 'overhead') as statement_line,
        rules.driver,
        ledger.amount as ledger_amount,
        cast(coalesce(ledger.amount, round(used.standard_cost, 2)) as decimal(18, 2)) as amount,
        coalesce(ledger.practical_capacity, rules.practical_capacity) as practical_capacity,
        cast(coalesce(used.capacity_used, 0) as decimal(28, 7)) as capacity_used,
        cast(coalesce(used.standard_cost, 0) as decimal(25, 11)) as standard_cost
    from pool_months
    left join ledger
        on pool_months.month = ledger.month
        and pool_months.pool = ledger.pool
        {% for key in keys %}and pool_months.{{ key }} = ledger.{{ key }}
        {% endfor %}
    left join {{ ref('int_pool_rules') }} as rules
        on pool_months.pool = rules.pool
        and {{ is_valid_on('pool_months.month', 'rules') }}
    left join used
        on pool_months.month = used.month
        and pool_months.pool = used.pool
        {% for key in keys %}and pool_months.{{ key }} = used.{{ key }}
        {% endfor %}
),

ways as (
    select
        *,
        case
            when ledger_amount is null then 'standard'
            when driver is null then 'no rule'
            -- By capacity a rate does not matter, not even one of 0: the ledger says what was paid.
            when case
                when driver = 'activities' and practical_capacity is null then standard_cost
                else capacity_used
            end = 0 then 'not used'
            when practical_capacity is not null then 'by capacity'
            else 'in full'
        end as way
    from stated
),

assigned as (
    select
        *,
        case
            when way in ('standard', 'in full') then amount
            when way = 'by capacity'
                then {{ money_of_cents(rounded_quotient(
                    whole_number('amount', 2) ~ ' * ' ~ whole_number('capacity_used', 7),
                    whole_number('practical_capacity', 7)
                )) }}
            else cast(0 as decimal(18, 2))
        end as assigned
    from ways
)

select
    {{ key_list }}month,
    pool,
    statement_line,
    driver,
    way,
    case when way = 'standard' then 'standard' else 'actual' end as cost_basis,
    ledger_amount,
    amount,
    practical_capacity,
    capacity_used,
    standard_cost,
    way = 'standard' or (way = 'in full' and driver = 'activities') as is_shared_by_standard_cost,
    assigned,
    case when way = 'by capacity' then cast(amount - assigned as decimal(18, 2)) else cast(0 as decimal(18, 2)) end
        as idle,
    case when way in ('no rule', 'not used') then amount else cast(0 as decimal(18, 2)) end as unassigned
from assigned
{%- endmacro %}

{#-
  What each user of a pool bears of its cost: CTEs, the last of which is `shared`, with a row a user: the keys,
  customer_id, month, pool, weight, share, and of the pool statement_line, cost_basis, is_shared_by_standard_cost.
  Follows CTEs `units` (keys, customer_id, month, pool, capacity_used, standard_cost) and `pool_months` of the macro of
  that name.
-#}
{% macro pool_shares(keys=[]) -%}
pools as (
    select
        {% for key in keys %}{{ key }},
        {% endfor %}month,
        pool,
        statement_line,
        cost_basis,
        is_shared_by_standard_cost,
        {{ whole_number('assigned', 2) }} as assigned_cents,
        {{ pool_weight('pool_months', 'pool_months') }} as all_weights
    from pool_months
    where assigned > 0
),

sharers as (
    select
        {% for key in keys %}units.{{ key }},
        {% endfor %}units.customer_id,
        units.month,
        units.pool,
        {{ pool_weight('units', 'pools') }} as weight,
        pools.all_weights,
        pools.assigned_cents
    from units
    inner join pools
        on units.month = pools.month
        and units.pool = pools.pool
        {% for key in keys %}and units.{{ key }} = pools.{{ key }}
        {% endfor %}
),

-- Guests are one sharer, and the last among equals.
shares as (
    {{ share_by_largest_remainder(
        'sharers', keys + ['month', 'pool'], none, 'weight', ['customer_id nulls last'], 'all_weights', 'assigned_cents'
    ) }}
),

-- What is said of the pool is joined last: what is sorted should be narrow.
shared as (
    select
        {% for key in keys %}shares.{{ key }},
        {% endfor %}shares.customer_id,
        shares.month,
        shares.pool,
        pools.statement_line,
        pools.cost_basis,
        pools.is_shared_by_standard_cost,
        shares.weight,
        shares.share
    from shares
    inner join pools
        on shares.month = pools.month
        and shares.pool = pools.pool
        {% for key in keys %}and shares.{{ key }} = pools.{{ key }}
        {% endfor %}
    where shares.weight > 0
)
{%- endmacro %}
