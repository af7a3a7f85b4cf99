with

all_baskets as (
    select
        cut_on,
        count(distinct order_id) as all_baskets
    from {{ ref('baskets') }}
    group by cut_on
),

products as (
    select
        cut_on,
        product_id,
        count(*) as basket_count,
        sum(gross_sales) as gross_sales,
        max(ordered_on) as last_sold_on
    from {{ ref('baskets') }}
    group by cut_on, product_id
),

required as (
    select
        cut_on,
        all_baskets,
        greatest({{ offer_rule('smallest_pair_baskets') }}, all_baskets * {{ offer_rule('smallest_support') }})
            as smallest_baskets
    from all_baskets
)

-- No pair is in more baskets than either of its products: what is rare by itself need not be paired.
select
    products.cut_on,
    products.product_id,
    products.basket_count,
    required.all_baskets,
    required.smallest_baskets,
    products.basket_count >= required.smallest_baskets as is_frequent,
    products.gross_sales > 0
    and products.last_sold_on > {{ add_days('products.cut_on', '-' ~ offer_rule('still_sold_days')) }} as is_offered
from products
inner join required on products.cut_on = required.cut_on
