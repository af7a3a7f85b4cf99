-- What it is: for each order, the discounts of its lines are the lines' own and the order's discount, to the cent.
-- When it matters: a cent of discount was lost or given twice in the spreading.
-- How to resolve it: stg_order_line_amounts and share_by_largest_remainder.
with

orders as (
    select
        order_id,
        {{ cents('coalesce(discount_amount, 0)') }} as order_discount
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
),

own_discounts as (
    select
        order_id,
        sum({{ cents('coalesce(discount_amount, 0)') }}) as line_discounts
    from {{ ref('judged_order_lines') }}
    where fate = 'accepted'
    group by order_id
),

spread as (
    select
        order_id,
        sum(discount_amount) as discounts
    from {{ ref('stg_order_line_amounts') }}
    group by order_id
)

select
    spread.order_id,
    spread.discounts,
    own_discounts.line_discounts,
    orders.order_discount
from spread
inner join orders on spread.order_id = orders.order_id
inner join own_discounts on spread.order_id = own_discounts.order_id
where spread.discounts <> own_discounts.line_discounts + orders.order_discount
