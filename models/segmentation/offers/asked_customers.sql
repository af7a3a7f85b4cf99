-- Tonight everybody is offered something; at the past cut only those count who then bought something new.
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
