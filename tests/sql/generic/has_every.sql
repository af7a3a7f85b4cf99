{#-
  Every key that another relation has, in rows of which the condition is true, is a key here, too. Failing rows: the keys
  that are missing.
-#}
{% test has_every(model, columns, of, condition='true') %}
select {{ columns | join(', ') }}
from {{ of }}
where {{ condition }}
except
select {{ columns | join(', ') }}
from {{ model }}
{% endtest %}
