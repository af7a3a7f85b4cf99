{{ settings_of_shop(
    ref('cost_rates'), ['activity'],
    ['activity', 'pool', 'driver', 'coalesce(minutes_per_unit, cast(1 as decimal(9, 4))) as minutes', 'rate',
     'valid_from', 'valid_until']
) }}
