with

lines as (
    select
        order_id,
        sum(case when is_charge then 0 else greatest(gross_sales - discounts, 0) end) as goods_sales
    from {{ ref('fct_cancelled_order_lines') }}
    group by order_id
),

-- As fct_standard_payment_fees has it: only a shop that hands in no payments at all pays by its orders' methods.
orders as (
    select
        cancelled.*,
        lines.goods_sales
        + coalesce({{ in_reporting_currency('cancelled.shipping_charged', 'cancelled.rate_to_reporting') }}, 0)
            as amount
    from {{ ref('fct_orders_cancelled_later') }} as cancelled
    inner join lines on cancelled.order_id = lines.order_id
    where not exists (select 1 from {{ ref('fct_payments') }})
)

{{ standard_payment_fees('orders', ['order_id', 'customer_id', 'month', 'ordered_on', 'cancelled_on']) }}
