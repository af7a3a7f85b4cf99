-- What it is: a method of recommendation_validation that is not there, or is judged by fewer customers than bought
-- something new to them after the cut, while something popular was not theirs.
-- When it matters: offers would be made by a method that nobody has held against what was bought.
-- How to resolve it: later_products and ranked_offers of the past cut, then recommendation_validation.
with

{{ popular_to_offer('not cuts.is_tonight') }},

asked as (
    select count(distinct later.customer_id) as customer_count
    from {{ ref('later_products') }} as later
    cross join popular_count
    left join popular_owned as owned on later.customer_id = owned.customer_id
    where popular_count.product_count > coalesce(owned.product_count, 0)
),

methods as (
    select 'bought together' as method
    union all
    select 'most popular' as method
)

select
    methods.method,
    asked.customer_count as asked_customers,
    coalesce(judged.customer_count, 0) as judged_customers
from methods
cross join asked
left join {{ ref('recommendation_validation') }} as judged on methods.method = judged.method
where coalesce(judged.customer_count, 0) < asked.customer_count
