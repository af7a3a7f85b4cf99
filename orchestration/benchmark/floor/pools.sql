-- What each order used of the demo shop's seven pools, and what its customer bears of them in the month.
-- Seven pools known by name and by their rates: that is what makes it short and fast, and what the models may not do.
-- 64 bits hold what this shop's cents times its units come to; the engine would say so if they did not.
create or replace table floor.pool_use as
select order_id, customer_id, month, 'warehouse' as pool, (40000 + goods_line_count * 7000)::bigint as used
from warehouse.core.fct_orders where is_counted
union all
select order_id, customer_id, month, 'it_platform', 1::bigint
from warehouse.core.fct_orders where is_counted
union all
select order_id, customer_id, month, 'rent', (goods_quantity * 1000)::bigint
from warehouse.core.fct_orders where is_counted and goods_quantity > 0
union all
select order_id, customer_id, month, unnest(['administration', 'product_development']), (goods_sales * 100)::bigint
from warehouse.core.fct_orders where is_counted and goods_sales > 0
union all
select order_id, customer_id, month, 'returns_handling', count(*) * 85000::bigint
from warehouse.core.fct_refunds where not is_charge and coalesce(quantity, 1) > 0 group by all
union all
-- A contact is an order's where that is one of the same customer.
select orders.order_id, contacts.customer_id, contacts.month, 'customer_service', sum(handle_minutes * 10000)::bigint
from warehouse.core.fct_service_contacts as contacts
left join warehouse.core.fct_orders as orders
    on contacts.order_id = orders.order_id and contacts.customer_id = orders.customer_id and orders.is_counted
group by all having sum(handle_minutes) > 0;

create or replace table floor.pool_shares as
with

customers as (
    select customer_id, month, pool, sum(used)::bigint as used from floor.pool_use group by all
),

-- Assigned: by capacity where the ledger states one, else in full.
pools as (
    select
        month,
        pool,
        sum(customers.used)::bigint as used,
        (case
            when any_value(ledger.practical_capacity) is null then (any_value(ledger.amount) * 100)::hugeint
            else
                (any_value(ledger.amount * 100)::hugeint * sum(customers.used) * 2
                    + any_value(ledger.practical_capacity * 10000)::hugeint)
                // (any_value(ledger.practical_capacity * 10000)::hugeint * 2)
        end)::bigint as cents
    from customers inner join warehouse.core.fct_cost_pools as ledger using (month, pool)
    group by all
),

cut as (
    select
        customers.customer_id,
        customers.month,
        customers.pool,
        customers.used,
        pools.cents * customers.used // pools.used as whole,
        pools.cents * customers.used % pools.used as remainder,
        pools.cents
    from customers inner join pools using (month, pool)
)

-- The cents left over go to the largest remainders; guests are one, and the last among equals.
select
    customer_id,
    month,
    pool,
    used,
    whole + (row_number() over (partition by month, pool order by remainder desc, customer_id nulls last)
        <= any_value(cents) over (partition by month, pool) - sum(whole) over (partition by month, pool))::int as cents
from cut
