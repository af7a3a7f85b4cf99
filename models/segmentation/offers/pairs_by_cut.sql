with

frequent as (
    select *
    from {{ ref('basket_products') }}
    where is_frequent
),

frequent_baskets as (
    select
        baskets.cut_on,
        baskets.order_id,
        baskets.product_id
    from {{ ref('baskets') }} as baskets
    inner join frequent
        on baskets.cut_on = frequent.cut_on
        and baskets.product_id = frequent.product_id
),

counted as (
    select
        one.cut_on,
        one.product_id as one_id,
        other.product_id as other_id,
        count(*) as basket_count
    from frequent_baskets as one
    inner join frequent_baskets as other
        on one.cut_on = other.cut_on
        and one.order_id = other.order_id
        and one.product_id < other.product_id
    group by one.cut_on, one.product_id, other.product_id
),

-- Each pair is told from either side.
sided as (
    select
        cut_on,
        one_id as product_id,
        other_id as other_product_id,
        basket_count
    from counted
    union all
    select
        cut_on,
        other_id as product_id,
        one_id as other_product_id,
        basket_count
    from counted
)

select
    sided.cut_on,
    sided.product_id,
    sided.other_product_id,
    cast(sided.basket_count as int) as basket_count,
    cast({{ ratio('sided.basket_count', 'own.all_baskets') }} as decimal(9, 6)) as support,
    cast({{ ratio('sided.basket_count', 'own.basket_count') }} as decimal(9, 6)) as confidence,
    cast(
        cast(sided.basket_count as double) * own.all_baskets
        / nullif(cast(own.basket_count as double) * other.basket_count, 0)
        as decimal(18, 6)
    ) as lift
from sided
inner join frequent as own
    on sided.cut_on = own.cut_on
    and sided.product_id = own.product_id
inner join frequent as other
    on sided.cut_on = other.cut_on
    and sided.other_product_id = other.product_id
where sided.basket_count >= own.smallest_baskets
