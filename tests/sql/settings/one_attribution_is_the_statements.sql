-- What it is: exactly one row of attribution_rules is the statement's, and it gives a customer to one channel.
-- When it matters: with none, nobody is charged for having been won; with two, everybody twice; with linear_touch a
-- customer would have no one channel to be listed by.
-- How to resolve it: set is_statement to true for first_touch or for last_touch, and to false for the others.
with

counted as (
    select
        count(case when is_statement then 1 end) as statement_count,
        count(case when is_statement and attribution = 'linear_touch' then 1 end) as divided_count,
        count(*) as rule_count
    from {{ ref('attribution_rules') }}
),

problems as (
    select
        case
            when rule_count <> 3 then 'it must have the rows first_touch, last_touch and linear_touch'
            when statement_count <> 1
                then 'exactly one row must have is_statement true, and not ' || cast(statement_count as string)
            when divided_count > 0 then 'row linear_touch: it divides a customer, so it cannot be the statement''s'
        end as problem
    from counted
)

select 'attribution_rules.csv: ' || problem as problem
from problems
where problem is not null
