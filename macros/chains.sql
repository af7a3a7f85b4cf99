{#-
  Follows each id along its parents to the last one, by doubling the reach in each of six passes: chains of up to 64
  links. What still has a parent after that goes round in a circle, or is longer than any honest chain.

  relation    a CTE of `id`, `parent`, one row per id, parent not null

  Yields CTEs, the last of which, `followed`, has `id`, `root` and `is_endless`.
-#}
{% macro follow_chains(relation) -%}
reach_0 as (
    select
        id,
        parent as root
    from {{ relation }}
),
{% for pass in range(1, 7) %}
reach_{{ pass }} as (
    select
        near.id,
        coalesce(far.root, near.root) as root
    from reach_{{ pass - 1 }} as near
    left join reach_{{ pass - 1 }} as far on near.root = far.id
),
{% endfor %}
followed as (
    select
        reach_6.id,
        reach_6.root,
        {{ relation }}.id is not null as is_endless
    from reach_6
    left join {{ relation }} on reach_6.root = {{ relation }}.id
)
{%- endmacro %}
