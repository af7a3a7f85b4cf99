{#- valid_from and valid_until are first days of months. Failing rows: a sentence on each that is not, naming the row. -#}
{% test times_are_whole_months(model, key) %}
select
    '{{ model.identifier }}.csv, row '
    {% for column in key %}|| coalesce({{ column }}, '(empty)') || ', ' {% endfor %}|| 'from '
    || cast(valid_from as string)
    || ': valid_from and valid_until must be first days of months, since the ledger speaks of months' as problem
from {{ model }}
where
    valid_from <> {{ month_of('valid_from') }}
    or valid_until <> {{ month_of('valid_until') }}
{% endtest %}
