{{ settings_of_shop(
    ref('pool_rules'), ['pool'],
    ['pool', 'statement_line', 'driver', 'practical_capacity', 'valid_from', 'valid_until']
) }}
