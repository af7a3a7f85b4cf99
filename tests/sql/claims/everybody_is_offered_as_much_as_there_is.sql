-- What it is: a customer who is offered less than settings say, although more is popular than they own.
-- When it matters: always; some customers, or all, would be offered nothing.
-- How to resolve it: asked_customers, offer_candidates and ranked_offers of the customers below.
with

{{ popular_to_offer('cuts.is_tonight') }},

offered as (
    select
        customer_id,
        count(*) as offer_count
    from {{ ref('product_recommendations') }}
    group by customer_id
)

select
    customers.customer_id,
    coalesce(offered.offer_count, 0) as offer_count,
    popular_count.product_count - coalesce(owned.product_count, 0) as popular_and_not_owned
from {{ ref('dim_customers') }} as customers
cross join popular_count
left join popular_owned as owned on customers.customer_id = owned.customer_id
left join offered on customers.customer_id = offered.customer_id
where
    coalesce(offered.offer_count, 0)
    < least({{ offer_rule('offers') }}, popular_count.product_count - coalesce(owned.product_count, 0))
