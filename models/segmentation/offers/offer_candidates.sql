with

asked as (
    select * from {{ ref('asked_customers') }}
),

owned as (
    select * from {{ ref('owned_products') }}
),

together as (
    select * from {{ ref('companion_products') }}
),

offered as (
    select
        *,
        row_number() over (partition by cut_on order by basket_count desc, product_id) as place
    from {{ ref('basket_products') }}
    where is_offered
),

popular as (
    select *
    from offered
    where place <= {{ offer_rule('popular_products') }}
),

popular_owned as (
    select
        owned.cut_on,
        owned.customer_id,
        count(*) as product_count
    from owned
    inner join popular
        on owned.cut_on = popular.cut_on
        and owned.product_id = popular.product_id
    group by owned.cut_on, owned.customer_id
),

-- Of what is popular so many as could be offered, and one more for each that the customer owns.
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
    left join popular_owned
        on asked.cut_on = popular_owned.cut_on
        and asked.customer_id = popular_owned.customer_id
    where popular.place <= {{ offer_rule('offers') }} + coalesce(popular_owned.product_count, 0)
)

select
    candidates.cut_on,
    candidates.customer_id,
    candidates.product_id,
    together.score,
    together.because_product_id,
    offered.place as popular_place
from candidates
inner join offered
    on candidates.cut_on = offered.cut_on
    and candidates.product_id = offered.product_id
left join together
    on candidates.cut_on = together.cut_on
    and candidates.customer_id = together.customer_id
    and candidates.product_id = together.product_id
left join owned
    on candidates.cut_on = owned.cut_on
    and candidates.customer_id = owned.customer_id
    and candidates.product_id = owned.product_id
where owned.product_id is null
