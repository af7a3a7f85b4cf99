{#-
  Whether an account counts: settings leave out neither it nor another account of the same customer. A guest counts.
  Asked by `not exists`, DuckDB holds all rows that are asked about until it has asked.

  account_id    the qualified column of the account number, as the shop wrote it, before merges
-#}
{% macro counts(account_id) -%}
(
    {{ account_id }} is null
    or {{ account_id }} not in (
        select account_id from {{ ref('stg_customers_left_out') }} where account_id is not null
    )
)
{%- endmacro %}
