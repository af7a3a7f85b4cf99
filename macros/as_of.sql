{#- Whether an event at this UTC timestamp was before the as-of day ended, on the shop's calendar. -#}
{% macro known_at(utc_timestamp) -%}
{{ local_date(utc_timestamp) }} <= (select as_of_date from {{ ref('stg_as_of') }})
{%- endmacro %}

{#- Whether a day on the shop's calendar is not after the as-of day. -#}
{% macro known_on(date) -%}
{{ date }} <= (select as_of_date from {{ ref('stg_as_of') }})
{%- endmacro %}
