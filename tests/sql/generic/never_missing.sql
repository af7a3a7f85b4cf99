{#- Every row has these columns. Failing rows: those where one is missing. -#}
{% test never_missing(model, columns) %}
select *
from {{ model }}
where
    {% for column in columns -%}
    {{ column }} is null{{ " or " if not loop.last }}
    {%- endfor %}
{% endtest %}
