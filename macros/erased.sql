{#- What the landing writes in place of who was erased (orchestration/landing/erased.py): no shop's number, no name. -#}
{% macro erased() -%}'(erased)'{%- endmacro %}

{#- A customer's number; null, as for a guest, for who was erased. -#}
{% macro unless_erased(customer_id) -%}nullif({{ customer_id }}, {{ erased() }}){%- endmacro %}

{#-
  Whose a row of the statement is: the customer's, the guests' or of those erased, who are together and have no number.

  customer_id   number of the customer; the mark of those erased for what they left without an order
  is_erased     SQL condition: the row is of an order of theirs
-#}
{% macro profit_owner(customer_id, is_erased='false') -%}
case
            when {{ customer_id }} = {{ erased() }} or {{ is_erased }} then 'erased'
            when {{ customer_id }} is null then 'guests'
            else 'customer'
        end
{%- endmacro %}

{#- Whether the rows of an input table belong to an order and not to a customer of their own. -#}
{% macro hangs_on_order(table) -%}
{%- set columns = contract_of(table).columns -%}
{{ return(table != 'orders' and 'order_id' in columns and not columns.get('customer_id', {}).required) }}
{%- endmacro %}

{#- SQL condition: a judged row is of a customer who was erased, or hangs on an order of theirs. -#}
{% macro is_of_erased(table, judged, erased_orders) -%}
{%- set conditions = [] -%}
{%- if 'customer_id' in contract_of(table).columns -%}
    {%- do conditions.append("coalesce(" ~ judged ~ ".customer_id, '') = " ~ erased()) -%}
{%- endif -%}
{%- if hangs_on_order(table) -%}{%- do conditions.append(erased_orders ~ '.order_id is not null') -%}{%- endif -%}
{{ conditions | join(' or ') or 'false' }}
{%- endmacro %}
