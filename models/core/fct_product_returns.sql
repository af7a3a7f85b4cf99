with

refunds as (
    select
        refunds.refund_id,
        refunds.order_id,
        refunds.line_number,
        refunds.product_id,
        refunds.refunded_at,
        refunds.month,
        refunds.quantity,
        refunds.refunds,
        coalesce(returned.returned_cogs, 0) as returned_cogs
    from {{ ref('fct_refunds') }} as refunds
    left join {{ ref('fct_returned_goods') }} as returned on refunds.refund_id = returned.refund_id
    where not refunds.is_charge
),

whole_orders as (
    select * from refunds
    where line_number is null and product_id is null
),

-- What had come back of single lines before.
come_back as (
    select
        whole_orders.refund_id,
        refunds.line_number,
        sum(refunds.refunds) as refunds,
        sum(refunds.returned_cogs) as returned_cogs
    from whole_orders
    inner join refunds
        on whole_orders.order_id = refunds.order_id
        and (
            refunds.refunded_at < whole_orders.refunded_at
            or (refunds.refunded_at = whole_orders.refunded_at and refunds.refund_id < whole_orders.refund_id)
        )
    group by whole_orders.refund_id, refunds.line_number
),

left_of_lines as (
    select
        whole_orders.refund_id,
        whole_orders.month,
        whole_orders.refunds,
        whole_orders.returned_cogs,
        lines.line_number,
        lines.product_id,
        greatest(lines.net_of_discounts, 0) as net,
        greatest(lines.net_of_discounts - coalesce(come_back.refunds, 0), 0) as net_left,
        lines.cogs,
        lines.cogs - coalesce(come_back.returned_cogs, 0) as cogs_left
    from whole_orders
    inner join {{ ref('fct_order_lines') }} as lines on whole_orders.order_id = lines.order_id
    left join come_back
        on whole_orders.refund_id = come_back.refund_id
        and lines.line_number = come_back.line_number
    where not lines.is_charge
),

-- A refund of a whole order is one of each of its lines, by what was left of what they were sold for and what they
-- cost; where nothing was, by all of it.
lines_of_whole_orders as (
    select
        *,
        case
            when sum(net_left) over (partition by refund_id) > 0 then {{ whole_number('net_left', 2) }}
            when sum(net) over (partition by refund_id) > 0 then {{ whole_number('net', 2) }}
            else 1
        end as value_weight,
        case
            when sum(cogs_left) over (partition by refund_id) > 0 then {{ whole_number('cogs_left', 2) }}
            when sum(cogs) over (partition by refund_id) > 0 then {{ whole_number('cogs', 2) }}
            else 1
        end as cost_weight
    from left_of_lines
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
