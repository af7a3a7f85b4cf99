with

orders as (
    select * from {{ ref('fct_orders_cancelled_later') }}
),

valued as (
    select
        orders.order_id,
        lines.line_number,
        orders.customer_id,
        orders.month,
        orders.ordered_on,
        orders.cancelled_on,
        lines.product_id,
        charges.statement_line,
        charges.product_id is not null as is_charge,
        lines.quantity,
        {{ in_reporting_currency('lines.exact_gross_amount', 'orders.rate_to_reporting') }} as gross_sales,
        {{ in_reporting_currency('lines.discount_amount', 'orders.rate_to_reporting') }} as discounts,
        costs.unit_cost,
        assumed_margin.margin_share
    from orders
    inner join {{ ref('stg_order_lines') }} as lines on orders.order_id = lines.order_id
    cross join {{ ref('int_assumed_margin') }} as assumed_margin
    left join {{ ref('int_charge_codes') }} as charges on lines.product_id = charges.product_id
    left join {{ ref('int_product_costs') }} as costs
        on lines.product_id = costs.product_id
        and orders.ordered_on >= costs.valid_from
        and orders.ordered_on < costs.valid_until
)

select
    order_id,
    line_number,
    customer_id,
    month,
    ordered_on,
    cancelled_on,
    product_id,
    statement_line,
    is_charge,
    quantity,
    gross_sales,
    discounts,
    cast(gross_sales - discounts as decimal(18, 2)) as net_of_discounts,
    {{ cost_of_line() }} as cogs,
    {{ cost_basis_of_line() }} as cost_basis
from valued
