{{ pool_units(ref('fct_driver_units'), ['customer_id'], of_sums=true) }}
