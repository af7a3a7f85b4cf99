{#-
  Loads a seed on Spark with literals that are what they say: the adapter's own writes null as 'None' and breaks at an
  apostrophe.
-#}
{% macro spark__load_csv_rows(model, agate_table) -%}
{%- set types = model['config'].get('column_types', {}) -%}
{%- if agate_table.rows | length == 0 -%}{{ return('') }}{%- endif -%}
{%- set rows = [] -%}
{%- for row in agate_table.rows -%}
    {%- set values = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set value = row[name] -%}
        {%- if value is none -%}
            {%- do values.append('cast(null as ' ~ types.get(name, 'string') ~ ')') -%}
        {%- else -%}
            {%- set text = (value | string).replace('\\', '\\\\').replace("'", "\\'") -%}
            {%- do values.append("cast('" ~ text ~ "' as " ~ types.get(name, 'string') ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
{%- endfor -%}
{%- set statement -%}
insert into {{ this.render() }} values
{{ rows | join(',\n') }}
{%- endset -%}
{%- do adapter.add_query(statement, abridge_sql_log=True) -%}
{{ return(statement) }}
{%- endmacro %}
