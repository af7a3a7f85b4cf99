{#- A share as whole per cent. -#}
{% macro percent(share) -%}cast(round(cast(({{ share }}) * 100 as decimal(20, 6)), 0) as bigint){%- endmacro %}

{#- A share in words: 31%. -#}
{% macro percent_text(share) -%}cast({{ percent(share) }} as string) || '%'{%- endmacro %}

{#- How many times another number a number is, in words: 4.0. -#}
{% macro times_text(number, other) -%}
cast(cast(round(cast(({{ number }}) / nullif({{ other }}, 0) as decimal(20, 6)), 1) as decimal(20, 1)) as string)
{%- endmacro %}
