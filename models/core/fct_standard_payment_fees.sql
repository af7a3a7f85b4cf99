with

-- Only a shop that hands in no payments at all pays by the method that its orders name.
orders as (
    select
        order_id,
        customer_id,
        ordered_on,
        month,
        payment_method,
        goods_sales + shipping_charged as amount
    from {{ ref('fct_orders') }}
    where is_counted and not exists (select 1 from {{ ref('fct_payments') }})
),

fee_rates as (
    select * from {{ ref('int_payment_fee_rates') }}
)

select
    orders.order_id,
    orders.customer_id,
    orders.month,
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
