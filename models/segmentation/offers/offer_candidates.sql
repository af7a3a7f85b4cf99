with

owned as (
    select
        *,
        row_number() over (
            partition by cut_on, customer_id order by last_bought_on desc, product_id
        ) as place_from_last
    from {{ ref('owned_products') }}
),

-- Tonight everybody is offered something; at the past cut only those count who then bought something new.
asked as (
    select
        cuts.cut_on,
        customers.customer_id
    from {{ ref('dim_customers') }} as customers
    cross join {{ ref('basket_cuts') }} as cuts
    where cuts.is_tonight
    union
    select
        cut_on,
        customer_id
    from {{ ref('later_products') }}
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
    inner join asked
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
),

together as (
    select
        cut_on,
        customer_id,
        product_id,
        sum(confidence) as score,
        min(case when place = 1 then because_product_id end) as because_product_id
    from strongest
    group by cut_on, customer_id, product_id
),

popular as (
    select
        *,
        row_number() over (partition by cut_on order by basket_count desc, product_id) as place
    from {{ ref('basket_products') }}
    where is_offered
),

candidates as (
    select
        cut_on,
        customer_id,
        product_id
    from together
    union
    select
        asked.cut_on,
        asked.customer_id,
        popular.product_id
    from asked
    inner join popular on asked.cut_on = popular.cut_on
    where popular.place <= {{ offer_rule('popular_products') }}
)

select
    candidates.cut_on,
    candidates.customer_id,
    candidates.product_id,
    together.score,
    together.because_product_id,
    popular.place as popular_place
from candidates
inner join popular
    on candidates.cut_on = popular.cut_on
    and candidates.product_id = popular.product_id
left join together
    on candidates.cut_on = together.cut_on
    and candidates.customer_id = together.customer_id
    and candidates.product_id = together.product_id
left join owned
    on candidates.cut_on = owned.cut_on
    and candidates.customer_id = owned.customer_id
    and candidates.product_id = owned.product_id
where owned.product_id is null
