-- What it is: each pool follows a driver that there is, stands on a cost line of the statement, and can do something.
-- When it matters: otherwise the pool's cost would reach no customer, or a line that adds it instead of taking it off.
-- How to resolve it: spell the driver as in drivers.csv (or activities), the line as in statement_lines.csv.
with

drivers as (
    select driver, is_by_channel
    from {{ ref('drivers') }}
    union all
    select 'activities' as driver, false as is_by_channel
),

cost_lines as (
    select statement_line
    from {{ ref('statement_lines') }}
    where sign = -1 and not is_subtotal
),

checked as (
    select
        rules.*,
        drivers.driver is null as has_unknown_driver,
        cost_lines.statement_line is null as has_unknown_line
    from {{ ref('pool_rules') }} as rules
    left join drivers on {{ is_named_driver('rules.driver', 'drivers') }}
    left join cost_lines on rules.statement_line = cost_lines.statement_line
),

problems as (
    select
        *,
        case
            when pool is null or shop is null then 'shop and pool must be given'
            when has_unknown_driver
                then 'the driver ' || coalesce(driver, '(empty)') || ' is none of drivers.csv, nor activities'
            when has_unknown_line
                then coalesce(statement_line, '(empty)') || ' is no cost line of statement_lines.csv'
            when practical_capacity <= 0 then 'practical_capacity must be above 0, or empty'
        end as problem
    from checked
)

select
    'pool_rules.csv, row ' || coalesce(shop, '(empty)') || ', ' || coalesce(pool, '(empty)') || ', from '
    || coalesce(cast(valid_from as string), '(empty)') || ': ' || problem as problem
from problems
where problem is not null
