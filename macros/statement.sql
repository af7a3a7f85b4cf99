{#-
  The profit statement. Its lines, their signs and their order are rows of `seeds/settings/statement_lines.csv`; the list
  here fixes the columns of the marts and how subtotals are added up, and a claim holds it equal to the settings.

  Each line with its sign: what it adds to the subtotals below it; 0 for a subtotal, which is all that stands above it.
-#}
{% macro statement_rules() -%}
{{ return({
    'gross_sales': 1, 'discounts': -1, 'refunds': -1, 'net_sales': 0,
    'cogs': -1, 'contribution_1': 0,
    'fulfilment': -1, 'payment_fees': -1, 'bad_debt': -1, 'contribution_2': 0,
    'service': -1, 'loyalty': -1, 'retention_marketing': -1, 'acquisition_marketing': -1, 'contribution_3': 0,
    'overhead': -1, 'currency_difference': -1, 'net_profit': 0
}) }}
{%- endmacro %}

{#- All lines of the statement, in order. -#}
{% macro statement_columns() -%}{{ return(statement_rules().keys() | list) }}{%- endmacro %}

{#- The lines that are taken off from gross sales, one by one, down to net profit. -#}
{% macro statement_costs() -%}
{%- set costs = [] -%}
{%- for line, sign in statement_rules().items() if sign == -1 -%}{%- do costs.append(line) -%}{%- endfor -%}
{{ return(costs) }}
{%- endmacro %}

{#- What an order says itself, a line a column of fct_orders: nothing else need be asked for it. -#}
{% macro statement_of_order() -%}
{{ return({
    'gross_sales': 'gross_sales', 'discounts': 'discounts', 'cogs': 'cogs', 'fulfilment': '-shipping_charged',
    'payment_fees': 'commission'
}) }}
{%- endmacro %}

{#- What of that is costs, by how well they are known: amounts as fct_order_entries has them. -#}
{% macro costs_of_order() -%}
{{ return({'actual': ['cogs - assumed_cogs', 'commission'], 'assumed': ['assumed_cogs']}) }}
{%- endmacro %}

{#- The lines that an order says itself, as columns; their names begin as `called` says. -#}
{% macro own_lines(called='') -%}
{%- for line, amount in statement_of_order().items() -%}
{{ amount }} as {{ called }}{{ line }}{{ ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The costs that an order says itself, without their signs: a column a basis. -#}
{% macro own_costs() -%}
{%- for basis, costs in costs_of_order().items() -%}
abs({{ costs | join(') + abs(') }}) as {{ basis }}_costs{{ ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The entered lines, from what an order says itself (named own_…) and a left-joined relation that has all of them. -#}
{% macro own_lines_and_more(own, more) -%}
{%- for line in statement_entered() -%}
{{ own ~ 'own_' ~ line ~ ' + ' if line in statement_of_order() }}coalesce({{ more }}{{ line }}, 0) as {{ line }}
{{- ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- The lines that are entered, and not added up from others. -#}
{% macro statement_entered() -%}{{ return(['gross_sales'] + statement_costs()) }}{%- endmacro %}

{#- One column per line, summed from long rows of `statement_line` and `amount`; null where there is none. -#}
{% macro statement_pivoted(lines=none) -%}
{%- for line in lines or statement_entered() -%}
cast(sum(amount) filter (where statement_line = '{{ line }}') as decimal(18, 2)) as {{ line }}{{ ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#-
  All lines of the statement from a relation that has the entered ones: each as it is, a subtotal as the sum of all that
  stands above it. 0 where a left join found no row.
-#}
{% macro statement_with_subtotals(prefix) -%}
{%- set above = [] -%}
{%- for line, sign in statement_rules().items() -%}
    {%- if sign != 0 -%}
        {%- do above.append(('+ ' if sign == 1 else '- ') ~ 'coalesce(' ~ prefix ~ line ~ ', 0)') -%}
cast(coalesce({{ prefix }}{{ line }}, 0) as decimal(18, 2)) as {{ line }}
    {%- else -%}
cast(
        {{ above | join('\n        ') }}
        as decimal(18, 2)
    ) as {{ line }}
    {%- endif -%}
{{ ',\n    ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- One column per line of the statement, summed over rows that have them all; of rows for which the condition holds. -#}
{% macro statement_summed(condition=none, suffix='') -%}
{%- for line in statement_columns() -%}
{% if condition -%}
sum(case when {{ condition }} then {{ line }} else 0 end) as {{ line }}{{ suffix }}
{%- else -%}
sum({{ line }}) as {{ line }}{{ suffix }}
{%- endif %}{{ ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- One column per line of the statement from a left-joined relation; 0 where it has no row. -#}
{% macro statement_filled(prefix, suffix='') -%}
{%- for line in statement_columns() -%}
cast(coalesce({{ prefix }}{{ line }}{{ suffix }}, 0) as decimal(18, 2)) as {{ line }}{{ suffix }}{{ ',\n    ' if not loop.last }}
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
  customer  whose it is, as SQL
  is_own    whether the order says it itself
-#}
{% macro entry(
    line, amount, source, basis='cast(null as string)', month='month', customer='customer_id', is_own=false
) -%}
order_id, {{ customer }} as customer_id, {{ month }} as month, {{ line }} as statement_line, '{{ source }}' as cost_source,
        {{ basis }} as cost_basis, {{ amount }} as amount, {{ is_own | lower }} as is_own
{%- endmacro %}

{#- An entry of what an order says itself; what is said in two parts, by its amount. -#}
{% macro own_entry(line, source, basis='cast(null as string)', amount=none) -%}
{{ entry("'" ~ line ~ "'", amount or statement_of_order()[line], source, basis, is_own=true) }}
{%- endmacro %}

{#- The columns of an entry that was known from one day until before another; arguments as SQL. -#}
{% macro known_entry(line, amount, known_from, known_until) -%}
order_id, customer_id, month, {{ line }} as statement_line, {{ amount }} as amount,
        {{ known_from }} as known_from, {{ known_until }} as known_until
{%- endmacro %}

{#- The line that a refund goes to, by that of its charge (null: goods): a charge that was sold as a sale is refunded as one. -#}
{% macro refunded_line(charge_line) -%}
case when coalesce({{ charge_line }}, 'gross_sales') = 'gross_sales' then 'refunds' else {{ charge_line }} end
{%- endmacro %}

{#- The columns of units of a driver that were known from one day until before another; arguments but the driver as SQL. -#}
{% macro known_unit(driver, units, known_from, known_until, customer='customer_id') -%}
order_id, {{ customer }} as customer_id, month, '{{ driver }}' as driver, cast({{ units }} as decimal(18, 3)) as units,
        {{ known_from }} as known_from, {{ known_until }} as known_until
{%- endmacro %}
