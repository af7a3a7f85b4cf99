{{ settings_of_shop(
    ref('payment_fee_rates'), ['method'],
    ['method', 'share_of_amount', 'fixed_fee', 'valid_from', 'valid_until']
) }}
