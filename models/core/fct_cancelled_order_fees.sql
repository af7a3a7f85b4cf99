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
),

fee_rates as (
    select * from {{ ref('int_payment_fee_rates') }}
)

select
    orders.order_id,
    orders.customer_id,
    orders.month,
    orders.ordered_on,
    orders.cancelled_on,
    {{ payment_fee(
        'orders.amount',
        'coalesce(of_method.share_of_amount, of_any.share_of_amount)',
        'coalesce(of_method.fixed_fee, of_any.fixed_fee)'
    ) }} as fee_amount
from orders
left join fee_rates as of_method
    on orders.payment_method = of_method.method
    and {{ is_valid_on('orders.ordered_on', 'of_method') }}
left join fee_rates as of_any
    on of_any.method = '*'
    and {{ is_valid_on('orders.ordered_on', 'of_any') }}
where coalesce(of_method.method, of_any.method) is not null
