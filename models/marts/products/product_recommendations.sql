with

-- Before anything could be held out, what goes together is offered.
method_in_use as (
    select coalesce(max(case when is_in_use then method end), 'bought together') as method
    from {{ ref('recommendation_validation') }}
)

select
    offers.customer_id,
    offers.offer_rank,
    offers.product_id,
    products.product_name,
    case when offers.score is null then 'most popular' else offers.method end as method,
    offers.score,
    offers.because_product_id,
    because.product_name as because_product_name
from {{ ref('ranked_offers') }} as offers
inner join method_in_use on offers.method = method_in_use.method
inner join {{ ref('dim_products') }} as products on offers.product_id = products.product_id
left join {{ ref('dim_products') }} as because on offers.because_product_id = because.product_id
where offers.is_tonight
