with

orders as (
    select * from {{ ref('fct_orders_cancelled_later') }}
),

lines as (
    select
        order_id,
        line_number,
        product_id
    from {{ ref('fct_cancelled_order_lines') }}
),

charges as (
    select * from {{ ref('int_charge_codes') }}
),

-- As fct_refunds has them. What is given back with the cancellation, or after it, was never known to stand.
refunds as (
    select
        refunds.*,
        orders.cancelled_on,
        coalesce(orders.customer_id, refunds.customer_id) as refunded_customer_id,
        coalesce(lines.product_id, refunds.product_id) as refunded_product_id,
        {{ in_reporting_currency('refunds.refund_amount', 'orders.rate_to_reporting') }} as refunds,
        coalesce({{ in_reporting_currency('refunds.shipping_refunded', 'orders.rate_to_reporting') }}, 0)
            as shipping_refunded_amount
    from {{ ref('stg_refunds') }} as refunds
    inner join orders on refunds.order_id = orders.order_id
    left join lines
        on refunds.order_id = lines.order_id
        and refunds.line_number = lines.line_number
    where refunds.refunded_on < orders.cancelled_on
)

select
    refunds.refund_id,
    refunds.order_id,
    refunds.line_number,
    refunds.refunded_customer_id as customer_id,
    refunds.refunded_product_id as product_id,
    refunds.refunded_at,
    refunds.refunded_on,
    {{ month_of('refunds.refunded_on') }} as month,
    refunds.cancelled_on,
    {{ refunded_line('charges.statement_line') }} as statement_line,
    charges.product_id is not null as is_charge,
    refunds.quantity,
    refunds.refunds,
    refunds.shipping_refunded_amount as shipping_refunded,
    coalesce(refunds.is_restocked, false) as is_restocked,
    coalesce(refunds.account_id = {{ erased() }}, false) as is_erased
from refunds
left join charges on refunds.refunded_product_id = charges.product_id
