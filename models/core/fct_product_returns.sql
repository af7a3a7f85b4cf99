with

refunds as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.line_number,
        refunds.product_id,
        refunds.month,
        refunds.quantity,
        refunds.refunds,
        coalesce(returned.returned_cogs, 0) as returned_cogs
    from {{ ref('fct_refunds') }} as refunds
    left join {{ ref('fct_returned_goods') }} as returned on refunds.refund_id = returned.refund_id
    where not refunds.is_charge
),

-- A refund of a whole order is one of each of its lines, by what they were sold for and what they cost.
lines_of_whole_orders as (
    select
        refunds.refund_id,
        refunds.month,
        refunds.refunds,
        refunds.returned_cogs,
        lines.line_number,
        lines.product_id,
        case
            when sum(greatest(lines.net_of_discounts, 0)) over (partition by refunds.refund_id) = 0 then 1
            else {{ whole_number('greatest(lines.net_of_discounts, 0)', 2) }}
        end as value_weight,
        case
            when sum(lines.cogs) over (partition by refunds.refund_id) = 0 then 1
            else {{ whole_number('lines.cogs', 2) }}
        end as cost_weight
    from refunds
    inner join {{ ref('fct_order_lines') }} as lines on refunds.order_id = lines.order_id
    where refunds.line_number is null and refunds.product_id is null and not lines.is_charge
),

values_shared as (
    {{ share_by_largest_remainder('lines_of_whole_orders', ['refund_id'], 'refunds', 'value_weight', ['line_number']) }}
),

costs_shared as (
    {{ share_by_largest_remainder(
        'lines_of_whole_orders', ['refund_id'], 'returned_cogs', 'cost_weight', ['line_number']
    ) }}
),

shared as (
    select
        values_shared.refund_id,
        values_shared.product_id,
        values_shared.month,
        cast(null as decimal(12, 3)) as quantity,
        values_shared.share as refunds,
        costs_shared.share as returned_cogs
    from values_shared
    inner join costs_shared
        on values_shared.refund_id = costs_shared.refund_id
        and values_shared.line_number = costs_shared.line_number
),

-- What names neither an order with goods nor a product stays without one.
named as (
    select
        refunds.refund_id,
        refunds.product_id,
        refunds.month,
        refunds.quantity,
        refunds.refunds,
        refunds.returned_cogs
    from refunds
    left join (select distinct refund_id from shared) as of_whole_orders
        on refunds.refund_id = of_whole_orders.refund_id
    where of_whole_orders.refund_id is null
)

select * from shared
union all
select * from named
