{#-
  The profit statement. Its lines, their signs and their order are rows of `seeds/settings/statement_lines.csv`; the list
  here only fixes the columns of the marts, and a claim holds it equal to the settings.
-#}
{% macro statement_columns() -%}
{{ return([
    'gross_sales', 'discounts', 'refunds', 'net_sales', 'cogs', 'contribution_1',
    'fulfilment', 'payment_fees', 'bad_debt', 'contribution_2',
    'service', 'loyalty', 'retention_marketing', 'acquisition_marketing', 'contribution_3',
    'overhead', 'currency_difference', 'net_profit'
]) }}
{%- endmacro %}

{#- The lines that are taken off from gross sales, one by one, down to net profit. -#}
{% macro statement_costs() -%}
{{ return(statement_columns() | reject('in', [
    'gross_sales', 'net_sales', 'contribution_1', 'contribution_2', 'contribution_3', 'net_profit'
]) | list) }}
{%- endmacro %}

{#- One column per line of the statement, summed from long rows of `statement_line` and `amount`; 0 where there is none. -#}
{% macro statement_pivoted(condition='true', suffix='') -%}
{%- for line in statement_columns() -%}
cast(coalesce(sum(case when statement_line = '{{ line }}' and {{ condition }} then amount end), 0) as decimal(20, 2))
        as {{ line }}{{ suffix }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- One column per line of the statement, summed from columns of the same names. -#}
{% macro statement_summed() -%}
{%- for line in statement_columns() -%}
sum({{ line }}) as {{ line }}{{ ',
    ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- One column per line of the statement from a left-joined relation; 0 where it has no row. -#}
{% macro statement_filled(prefix, suffix='') -%}
{%- for line in statement_columns() -%}
cast(coalesce({{ prefix }}{{ line }}{{ suffix }}, 0) as decimal(20, 2)) as {{ line }}{{ suffix }}{{ ',\n    ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The lines of the statement by name, comma-separated, each from the same relation. -#}
{% macro statement_list(prefix='') -%}
{%- for line in statement_columns() %}{{ prefix }}{{ line }}{{ ',\n    ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{#-
  The columns of an entry: what a row puts on which line of the statement, where it comes from and how well it is known.

  line      the entered line as SQL: a column, or a text in quotes
  amount    what it adds to the line, as SQL
  source    what the cost or the income is, in words
  basis     actual, standard or assumed for a cost, as SQL; none for what is no cost
  month     the column of the month it belongs to
-#}
{% macro entry(line, amount, source, basis='cast(null as string)', month='month') -%}
order_id, customer_id, {{ month }} as month, {{ line }} as statement_line, '{{ source }}' as cost_source,
        {{ basis }} as cost_basis, {{ amount }} as amount
{%- endmacro %}
