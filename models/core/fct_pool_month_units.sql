with

driver_units as (
    select
        month,
        driver,
        sum(units) as units
    from {{ ref('fct_driver_units') }}
    group by month, driver
)

{{ pool_units('driver_units', []) }}
