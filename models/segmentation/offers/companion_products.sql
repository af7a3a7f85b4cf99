with

owned as (
    select
        *,
        row_number() over (
            partition by cut_on, customer_id order by last_bought_on desc, product_id
        ) as place_from_last
    from {{ ref('owned_products') }}
),

neighbours as (
    select
        *,
        row_number() over (
            partition by cut_on, product_id order by confidence desc, lift desc, other_product_id
        ) as place
    from {{ ref('pairs_by_cut') }}
    where lift > 1
),

goes_with as (
    select
        owned.cut_on,
        owned.customer_id,
        owned.product_id as because_product_id,
        neighbours.other_product_id as product_id,
        neighbours.confidence
    from owned
    inner join {{ ref('asked_customers') }} as asked
        on owned.cut_on = asked.cut_on
        and owned.customer_id = asked.customer_id
    inner join neighbours
        on owned.cut_on = neighbours.cut_on
        and owned.product_id = neighbours.product_id
    where
        owned.place_from_last <= {{ offer_rule('latest_products') }}
        and neighbours.place <= {{ offer_rule('neighbours') }}
),

strongest as (
    select
        *,
        row_number() over (
            partition by cut_on, customer_id, product_id order by confidence desc, because_product_id
        ) as place
    from goes_with
)

select
    cut_on,
    customer_id,
    product_id,
    sum(confidence) as score,
    min(case when place = 1 then because_product_id end) as because_product_id
from strongest
group by cut_on, customer_id, product_id
