{#-
  Follows each id along its parents to the last one, by doubling the reach in each of six passes: chains of up to 64
  links. What still has a parent after that goes round in a circle, or is longer than any honest chain.

  relation    a CTE of `id`, `parent`, one row per id, parent not null
  result      name of the CTE that holds the result, and the beginning of the names of those on the way to it

  Yields CTEs, the last of which, named as `result` says, has `id`, `root` and `is_endless`.
-#}
{% macro follow_chains(relation, result='followed') -%}
{{ result }}_0 as (
    select
        id,
        parent as root
    from {{ relation }}
),
{% for pass in range(1, 7) %}
{{ result }}_{{ pass }} as (
    select
        near.id,
        coalesce(far.root, near.root) as root
    from {{ result }}_{{ pass - 1 }} as near
    left join {{ result }}_{{ pass - 1 }} as far on near.root = far.id
),
{% endfor %}
{{ result }} as (
    select
        {{ result }}_6.id,
        {{ result }}_6.root,
        {{ relation }}.id is not null as is_endless
    from {{ result }}_6
    left join {{ relation }} on {{ result }}_6.root = {{ relation }}.id
)
{%- endmacro %}

{#- Generations of referrers that a customer's profit can move to: settings may name as many, or fewer. -#}
{% macro generations_followed() -%}{{ return(6) }}{%- endmacro %}
