{#- First day of the month of a date. -#}
{% macro month_of(date) -%}cast(date_trunc('month', {{ date }}) as date){%- endmacro %}

{#- Months from one first-of-month to another. -#}
{% macro months_between(first, second) -%}
((extract(year from {{ second }}) - extract(year from {{ first }})) * 12
    + extract(month from {{ second }}) - extract(month from {{ first }}))
{%- endmacro %}

{#- The Monday with which the week of a date begins. -#}
{% macro week_of(date) -%}cast(date_trunc('week', {{ date }}) as date){%- endmacro %}
