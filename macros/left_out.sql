{#-
  Whether an account counts: settings leave out neither it nor another account of the same customer. A guest counts.

  account_id    the qualified column of the account number, as the shop wrote it, before merges
-#}
{% macro counts(account_id) -%}
not exists (
    select 1 from {{ ref('stg_customers_left_out') }} as left_out where left_out.account_id = {{ account_id }}
)
{%- endmacro %}
