with

orders as (
    select
        order_id,
        coalesce(discount_amount, 0) as order_discount,
        -- Where prices include tax, what no line says of it is in the lines still, and would count twice.
        {{ 'cast(null as decimal(20, 4))' if var('prices_include_tax') else 'tax_amount' }} as order_tax
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
),

exact_lines as (
    select
        order_id,
        line_number,
        product_id,
        quantity,
        unit_price,
        cast(
            quantity * unit_price{% if var('prices_include_tax') %} - coalesce(tax_amount, 0){% endif %}
            as decimal(19, 7)
        ) as exact_gross_amount,
        coalesce(discount_amount, 0) as exact_discount,
        {{ cents('coalesce(discount_amount, 0)') }} as line_discount,
        tax_amount as line_tax
    from {{ ref('judged_order_lines') }}
    where fate = 'accepted'
),

lines as (
    select
        *,
        {{ cents('exact_gross_amount') }} as gross_amount
    from exact_lines
),

lines_of_discounted_orders as (
    select
        lines.order_id,
        lines.line_number,
        {{ cents('orders.order_discount') }} as order_discount,
        cast(greatest(lines.gross_amount - lines.line_discount, 0) * 100 as bigint) as value_in_cents,
        cast(
            sum(greatest(lines.gross_amount - lines.line_discount, 0)) over (partition by lines.order_id) * 100
            as bigint
        ) as order_value_in_cents
    from lines
    inner join orders on lines.order_id = orders.order_id
    where orders.order_discount > 0
),

-- An order of gifts has no value to go by: its lines share alike.
weighed_lines as (
    select
        order_id,
        line_number,
        order_discount,
        case when order_value_in_cents = 0 then 1 else value_in_cents end as weight
    from lines_of_discounted_orders
),

shared as (
    {{ share_by_largest_remainder('weighed_lines', ['order_id'], 'order_discount', 'weight', ['line_number']) }}
),

taxed_by_line as (
    select
        lines.order_id,
        sum(lines.line_tax) as order_tax
    from exact_lines as lines
    inner join orders on lines.order_id = orders.order_id
    where orders.order_tax is null
    group by lines.order_id
),

discounted as (
    select
        lines.order_id,
        lines.line_number,
        lines.product_id,
        lines.quantity,
        lines.unit_price,
        lines.exact_gross_amount,
        lines.gross_amount,
        lines.exact_discount,
        lines.line_discount,
        coalesce(shared.share, cast(0 as decimal(18, 2))) as order_discount_share,
        coalesce(lines.line_tax, orders.order_tax, 0) as line_tax,
        coalesce(orders.order_tax, taxed_by_line.order_tax, 0) as order_tax
    from lines
    inner join orders on lines.order_id = orders.order_id
    left join taxed_by_line on lines.order_id = taxed_by_line.order_id
    left join shared
        on lines.order_id = shared.order_id
        and lines.line_number = shared.line_number
)

select
    order_id,
    line_number,
    product_id,
    quantity,
    unit_price,
    exact_gross_amount,
    gross_amount,
    cast(line_discount + order_discount_share as decimal(18, 2)) as discount_amount,
    cast(gross_amount - line_discount - order_discount_share as decimal(18, 2)) as net_amount,
    cast((exact_gross_amount - gross_amount) - (exact_discount - line_discount) as decimal(9, 7)) as rounded_off,
    cast(line_tax as decimal(20, 4)) as line_tax,
    cast(order_tax as decimal(20, 4)) as order_tax
from discounted
