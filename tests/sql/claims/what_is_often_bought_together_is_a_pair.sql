-- What it is: two products that are together in as many baskets as settings ask, and are no pair of product_pairs.
-- When it matters: always; nobody would be offered what goes with what they own.
-- How to resolve it: pairs_by_cut, and the as-of day of product_pairs.
with

baskets as (
    select
        baskets.order_id,
        baskets.product_id,
        products.smallest_baskets
    from {{ ref('baskets') }} as baskets
    inner join {{ ref('basket_cuts') }} as cuts
        on baskets.cut_on = cuts.cut_on
        and cuts.is_tonight
    inner join {{ ref('basket_products') }} as products
        on baskets.cut_on = products.cut_on
        and baskets.product_id = products.product_id
        and products.basket_count >= products.smallest_baskets
),

together as (
    select
        one.product_id,
        other.product_id as other_product_id,
        count(*) as basket_count
    from baskets as one
    inner join baskets as other
        on one.order_id = other.order_id
        and one.product_id < other.product_id
    group by one.product_id, other.product_id
    having count(*) >= max(one.smallest_baskets)
)

select
    together.product_id,
    together.other_product_id,
    together.basket_count
from together
left join {{ ref('product_pairs') }} as pairs
    on together.product_id = pairs.product_id
    and together.other_product_id = pairs.other_product_id
where pairs.product_id is null
