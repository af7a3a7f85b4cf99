-- What it is: what a customer (or the guests) got of a pool in a month is shared among their orders, and what they used
-- without one, to the cent.
-- When it matters: an order's cost cannot be walked back to its customer.
-- How to resolve it: fct_order_costs; an order's driver units differ from its customer's.
with

of_orders as (
    select
        customer_id,
        month,
        pool,
        sum(amount) as amount
    from {{ ref('fct_order_costs') }}
    group by customer_id, month, pool
)

select
    costs.customer_id,
    costs.month,
    costs.pool,
    costs.amount,
    of_orders.amount as amount_of_orders
from {{ ref('fct_pool_costs') }} as costs
full outer join of_orders
    on costs.customer_id is not distinct from of_orders.customer_id
    and costs.month = of_orders.month
    and costs.pool = of_orders.pool
where coalesce(costs.amount, 0) <> coalesce(of_orders.amount, 0)
