-- What it is: what customers cost by first, last and linear touch, each with the spend that won nobody, is all that was
-- spent on acquisition; and what they cost on the statement is what they cost by its rule.
-- When it matters: two reports that go by different rules would disagree about money that was spent once.
-- How to resolve it: customer_acquisition and fct_attributed_marketing.
with

customers as (
    select
        coalesce(sum(first_touch_cost), 0) as first_touch,
        coalesce(sum(last_touch_cost), 0) as last_touch,
        coalesce(sum(linear_touch_cost), 0) as linear_touch,
        coalesce(sum(acquisition_cost), 0) as statement
    from {{ ref('customer_acquisition') }}
),

by_rule as (
    select 'first_touch' as attribution, first_touch as charged from customers
    union all
    select 'last_touch' as attribution, last_touch as charged from customers
    union all
    select 'linear_touch' as attribution, linear_touch as charged from customers
    union all
    select rules.attribution, customers.statement as charged
    from customers
    cross join {{ ref('attribution_rules') }} as rules
    where rules.is_statement
),

nobodys as (
    select
        attribution,
        sum(amount) as amount
    from {{ ref('fct_attributed_marketing') }}
    where customer_id is null
    group by attribution
),

spend as (
    select coalesce(sum(amount), 0) as amount
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'acquisition'
)

select
    by_rule.attribution,
    by_rule.charged,
    coalesce(nobodys.amount, 0) as nobodys,
    spend.amount as spent
from by_rule
cross join spend
left join nobodys on by_rule.attribution = nobodys.attribution
where by_rule.charged + coalesce(nobodys.amount, 0) <> spend.amount
