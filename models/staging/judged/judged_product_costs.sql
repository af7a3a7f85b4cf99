{{ judge_with_currency('product_costs', 'versions.valid_from') }}
