{#-
  Whether an event at this UTC timestamp was before the as-of day ended, on the shop's calendar. No clock on earth runs a
  day ahead of UTC: only what is as late as the as-of day itself, which is little, needs the calendar asked.
-#}
{% macro known_at(utc_timestamp) -%}
(
        {{ utc_timestamp }} < (select cast(as_of_date as timestamp) from {{ ref('stg_as_of') }})
        or {{ local_date(utc_timestamp) }} <= (select as_of_date from {{ ref('stg_as_of') }})
    )
{%- endmacro %}

{#- Whether a day on the shop's calendar is not after the as-of day. -#}
{% macro known_on(date) -%}
{{ date }} <= (select as_of_date from {{ ref('stg_as_of') }})
{%- endmacro %}
