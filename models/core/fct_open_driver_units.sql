with

differences as (
    select
        days.as_of_date,
        units.customer_id,
        units.month,
        units.driver,
        units.units
    from {{ ref('fct_units_known_otherwise') }} as units
    inner join {{ ref('dim_segment_days') }} as days
        on units.known_from <= days.as_of_date
        and days.as_of_date < units.known_until
),

open_months as (
    select distinct
        as_of_date,
        month
    from differences
),

units as (
    select
        open_months.as_of_date,
        units.customer_id,
        units.month,
        units.driver,
        units.units
    from open_months
    inner join {{ ref('fct_driver_units') }} as units on open_months.month = units.month
    union all
    select * from differences
)

-- What comes to nothing stays: a month in which nothing was used as of the day is told otherwise, too.
select
    as_of_date,
    customer_id,
    month,
    driver,
    cast(sum(units) as decimal(20, 3)) as units
from units
group by as_of_date, customer_id, month, driver
