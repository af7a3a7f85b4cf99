{{ settings_of_shop(ref('charge_codes'), ['product_id'], ['product_id', 'statement_line']) }}
