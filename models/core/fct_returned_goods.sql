with

-- A refund names the line that came back, or none where the whole order did.
refunds as (
    select
        *,
        case when line_number is null then order_id end as whole_order_id
    from {{ ref('fct_refunds') }}
    where is_restocked and not is_charge and order_id is not null
),

whole_orders as (
    select
        order_id,
        sum(net_of_discounts) as net_of_discounts,
        sum(cogs) as cogs,
        max(cost_basis) as cost_basis
    from {{ ref('fct_order_lines') }}
    where not is_charge and order_id in (select whole_order_id from refunds)
    group by order_id
),

sold as (
    select
        refunds.*,
        lines.quantity as sold_quantity,
        coalesce(lines.net_of_discounts, whole_orders.net_of_discounts) as sold_net,
        coalesce(lines.cogs, whole_orders.cogs) as sold_cogs,
        coalesce(lines.cost_basis, whole_orders.cost_basis) as cost_basis
    from refunds
    left join {{ ref('fct_order_lines') }} as lines
        on refunds.order_id = lines.order_id
        and refunds.line_number = lines.line_number
        and not lines.is_charge
    left join whole_orders on refunds.whole_order_id = whole_orders.order_id
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
)

select
    refund_id,
    order_id,
    line_number,
    customer_id,
    product_id,
    month,
    cost_basis,
    cast(returned_until - returned_before as decimal(18, 2)) as returned_cogs
from returned
where sold_cogs is not null
