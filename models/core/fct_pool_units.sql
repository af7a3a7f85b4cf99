with

driver_units as (
    select * from {{ ref('fct_driver_units') }}
)

{{ pool_units('driver_units', ['customer_id'], of_sums=true) }}
