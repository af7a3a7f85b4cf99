with

lines as (
    select * from {{ ref('stg_order_lines') }}
),

orders as (
    select * from {{ ref('int_counted_orders') }}
),

costs as (
    select * from {{ ref('int_product_costs') }}
),

charges as (
    select * from {{ ref('int_charge_codes') }}
),

assumed_margin as (
    select * from {{ ref('int_assumed_margin') }}
),

valued as (
    select
        lines.order_id,
        lines.line_number,
        orders.customer_id,
        lines.product_id,
        orders.ordered_on,
        coalesce(charges.statement_line, 'gross_sales') as statement_line,
        charges.product_id is not null as is_charge,
        lines.quantity,
        {{ in_reporting_currency('lines.exact_gross_amount', 'orders.rate_to_reporting') }} as gross_sales,
        {{ in_reporting_currency('lines.discount_amount', 'orders.rate_to_reporting') }} as discounts,
        costs.unit_cost,
        assumed_margin.margin_share
    from lines
    inner join orders on lines.order_id = orders.order_id
    cross join assumed_margin
    left join charges on lines.product_id = charges.product_id
    left join costs
        on lines.product_id = costs.product_id
        and orders.ordered_on >= costs.valid_from
        and orders.ordered_on < costs.valid_until
),

costed as (
    select
        *,
        {{ cost_of_line() }} as cogs
    from valued
)

select
    order_id,
    line_number,
    customer_id,
    product_id,
    ordered_on,
    {{ month_of('ordered_on') }} as month,
    statement_line,
    is_charge,
    quantity,
    gross_sales,
    discounts,
    cast(gross_sales - discounts as decimal(18, 2)) as net_of_discounts,
    cogs,
    {{ cost_basis_of_line() }} as cost_basis
from costed
