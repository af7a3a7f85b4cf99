-- What it is: an offer of a product that the customer has bought before, whatever became of it.
-- When it matters: always; an offer of what somebody owns tells them that nobody looked.
-- How to resolve it: look at owned_products and at the last join of offer_candidates.
select
    offers.customer_id,
    offers.product_id
from {{ ref('product_recommendations') }} as offers
inner join {{ ref('fct_order_lines') }} as lines
    on offers.customer_id = lines.customer_id
    and offers.product_id = lines.product_id
where not lines.is_charge
