-- One row per customer, product and unit price that was ever cancelled: within one a cancellation finds its purchase.

select
    customer_id,
    product_id,
    unit_price,
    row_number() over (order by customer_id, product_id, unit_price) as trade
from lines
where fate = 'refunds' and customer_id is not null
group by customer_id, product_id, unit_price
