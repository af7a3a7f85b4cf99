-- What it is: a pool that follows its activities has some, and where its capacity is stated they are in minutes.
-- When it matters: without activities the whole pool would be unassigned; minutes and pieces cannot be added up.
-- How to resolve it: add the activities to cost_rates.csv, with minutes_per_unit, or let the pool follow a driver.
with

activity_counts as (
    select
        shop,
        pool,
        count(*) as row_count,
        count(minutes_per_unit) as timed_row_count,
        min(valid_from) as first_valid_from
    from {{ ref('cost_rates') }}
    group by shop, pool
),

problems as (
    select
        rules.*,
        case
            when counts.pool is null then 'no row of cost_rates.csv belongs to it'
            when rules.practical_capacity is not null and counts.timed_row_count < counts.row_count
                then
                    'its practical_capacity is in minutes, but an activity of it has no minutes_per_unit'
            when counts.first_valid_from > rules.valid_from
                then 'its first activity in cost_rates.csv begins only on ' || cast(counts.first_valid_from as string)
        end as problem
    from {{ ref('pool_rules') }} as rules
    left join activity_counts as counts
        on rules.shop = counts.shop
        and rules.pool = counts.pool
    where rules.driver = 'activities'
)

select
    'pool_rules.csv, row ' || shop || ', ' || pool || ', from ' || cast(valid_from as string) || ': ' || problem
        as problem
from problems
where problem is not null
