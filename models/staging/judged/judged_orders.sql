{{ judge_with_currency('orders', local_date('versions.ordered_at')) }}
