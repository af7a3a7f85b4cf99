{#- Each of these values stands in the column, and no other does. Failing rows: a sentence on each that does not. -#}
{% test has_exactly_these(model, column_name, values) %}
with

wanted as (
    {% for value in values -%}
    select '{{ value }}' as wanted_value
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

found as (
    select distinct {{ column_name }} as found_value from {{ model }}
)

select
    '{{ model.identifier }}.csv, {{ column_name }} ' || case
        when found.found_value is null then wanted.wanted_value || ': it has no row, and nothing stands in for it'
        else found.found_value || ': nothing asks for it'
    end as problem
from wanted
full outer join found on wanted.wanted_value = found.found_value
where wanted.wanted_value is null or found.found_value is null
{% endtest %}
