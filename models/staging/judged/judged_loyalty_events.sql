{{ judge_with_currency('loyalty_events', local_date('versions.occurred_at')) }}
