{{ pool_units(ref('fct_open_driver_units'), ['as_of_date', 'customer_id'], of_sums=true) }}
