with

-- In the currency of the order: converted, and rounded one by one, what was paid and what was given back of it may
-- differ by a cent.
refund_days as (
    select
        refunds.order_id,
        refunds.refunded_on,
        sum({{ cents('given.refund_amount') }}) as given_back
    from {{ ref('fct_refunds') }} as refunds
    inner join {{ ref('stg_refunds') }} as given on refunds.refund_id = given.refund_id
    where refunds.order_id is not null and not refunds.is_charge
    group by refunds.order_id, refunds.refunded_on
),

orders as (
    select
        sold.order_id,
        sold.customer_id,
        sum(lines.net_amount) as paid
    from {{ ref('fct_order_lines') }} as sold
    inner join {{ ref('stg_order_lines') }} as lines
        on sold.order_id = lines.order_id
        and sold.line_number = lines.line_number
    where not sold.is_charge and sold.order_id in (select order_id from refund_days)
    group by sold.order_id, sold.customer_id
),

cumulated as (
    select
        refund_days.order_id,
        orders.customer_id,
        refund_days.refunded_on,
        orders.paid,
        sum(refund_days.given_back) over (
            partition by refund_days.order_id
            order by refund_days.refunded_on
            rows between unbounded preceding and current row
        ) as given_back_so_far
    from refund_days
    inner join orders on refund_days.order_id = orders.order_id
)

select
    order_id,
    customer_id,
    min(refunded_on) as returned_on
from cumulated
where paid > 0 and given_back_so_far >= paid
group by order_id, customer_id
