with

orders as (
    select
        order_id,
        customer_id,
        gross_sales - discounts as sales
    from {{ ref('fct_orders') }}
    where is_counted and gross_sales - discounts > 0
),

refund_days as (
    select
        order_id,
        refunded_on,
        sum(refunds) as refunds
    from {{ ref('fct_refunds') }}
    where order_id is not null and not is_charge
    group by order_id, refunded_on
),

cumulated as (
    select
        refund_days.order_id,
        orders.customer_id,
        refund_days.refunded_on,
        orders.sales,
        sum(refund_days.refunds) over (
            partition by refund_days.order_id
            order by refund_days.refunded_on
            rows between unbounded preceding and current row
        ) as refunds_so_far
    from refund_days
    inner join orders on refund_days.order_id = orders.order_id
)

select
    order_id,
    customer_id,
    min(refunded_on) as returned_on
from cumulated
where refunds_so_far >= sales
group by order_id, customer_id
