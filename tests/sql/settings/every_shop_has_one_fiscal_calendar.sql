-- What it is: each shop has one first month of its fiscal year, from 1 to 12, and * has one for all the others.
-- When it matters: without one the table months is empty; with two each month stands in it twice.
-- How to resolve it: keep one row per shop in fiscal_calendars.csv, and one of the shop *.
with

calendars as (
    select
        coalesce(shop, '(empty)') as shop,
        count(*) as row_count,
        min(coalesce(first_month, 0)) as least,
        max(coalesce(first_month, 0)) as most
    from {{ ref('fiscal_calendars') }}
    group by coalesce(shop, '(empty)')
),

problems as (
    select
        shop,
        case
            when shop = '(empty)' then 'the shop must be given, or * for every shop'
            when row_count > 1 then 'it stands more than once'
            when least < 1 or most > 12 then 'first_month must be a number from 1 to 12'
        end as problem
    from calendars
    union all
    select
        '*' as shop,
        'it is missing: shops without a row of their own need one' as problem
    from calendars
    having coalesce(max(case when shop = '*' then 1 end), 0) = 0
)

select 'fiscal_calendars.csv, row ' || shop || ': ' || problem as problem
from problems
where problem is not null
