{#-
  The rows of a settings table that hold for this shop: its own, and those of every shop (`*`) for keys of which it has
  none. Yields the columns of the table but `shop`.

  relation    the settings table, with a column `shop`
  key         the columns that name a thing, whose rows are taken from one shop only; none: all rows are of one thing
  columns     the columns wanted
-#}
{% macro settings_of_shop(relation, key, columns) -%}
select
    {{ columns | join(',\n    ') }}
from (
    select
        *,
        max(case when shop = '*' then 0 else 1 end) over ({{ 'partition by ' ~ key | join(', ') if key }}) as own_first
    from {{ relation }}
    where shop in ('*', '{{ var("shop") }}')
) as of_this_shop
where own_first = case when shop = '*' then 0 else 1 end
{%- endmacro %}

{#- Whether a day lies in the time from valid_from to valid_until of a settings row; empty ends are open. -#}
{% macro is_valid_on(date, relation) -%}
({{ date }} >= {{ relation }}.valid_from and ({{ relation }}.valid_until is null or {{ date }} < {{ relation }}.valid_until))
{%- endmacro %}
