with

driver_units as (
    select * from {{ ref('fct_open_driver_units') }}
)

{{ pool_units('driver_units', ['as_of_date', 'customer_id'], of_sums=true) }}
