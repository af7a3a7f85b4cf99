{{ judge_with_currency('marketing_spend', 'versions.spend_date') }}
