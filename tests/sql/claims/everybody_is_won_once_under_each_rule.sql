-- What it is: under each attribution rule the parts that channels are given of a customer add up to one, but for the
-- last of six decimals, and everyone with an order that counts is there.
-- When it matters: a customer would be won twice, or by nobody.
-- How to resolve it: int_acquisition_credits.
with

credits as (
    select
        customer_id,
        attribution,
        sum(credit) as credit,
        count(*) as parts
    from {{ ref('fct_acquisition_credits') }}
    group by customer_id, attribution
),

won as (
    select
        customers.customer_id,
        rules.attribution
    from {{ ref('dim_customers') }} as customers
    cross join {{ ref('attribution_rules') }} as rules
    where customers.acquired_on is not null
)

select
    coalesce(won.customer_id, credits.customer_id) as customer_id,
    coalesce(won.attribution, credits.attribution) as attribution,
    credits.credit
from won
full outer join credits on won.customer_id = credits.customer_id and won.attribution = credits.attribution
where
    won.customer_id is null
    or credits.customer_id is null
    or abs(credits.credit - 1) > credits.parts * 0.000001
