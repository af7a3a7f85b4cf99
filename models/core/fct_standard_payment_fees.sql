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
)

{{ standard_payment_fees('orders', ['order_id', 'customer_id', 'month']) }}
