{#- A column lies between two numbers, both allowed, and is never missing. Failing rows: where it does not. -#}
{% test holds_between(model, column_name, least, most) %}
select *
from {{ model }}
where not coalesce({{ column_name }} between {{ least }} and {{ most }}, false)
{% endtest %}
