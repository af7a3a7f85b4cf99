{#- A condition is true of every row; a condition that cannot be decided is not true. Failing rows: where it is not. -#}
{% test holds(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
