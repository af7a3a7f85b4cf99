{#-
  Tables and views, replaced where they stand. Nobody but the refresh opens the private warehouse, and DuckDB replaces in
  one transaction, wholly or not at all. dbt would make each one beside the old one, move both and drop one, and ask the
  catalog in between: a quarter of the time that it takes over a small shop.
-#}
{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if model.language == 'python' -%}
    {#- A Python model writes by a connection of its own. -#}
    {%- set made = make_intermediate_relation(target) -%}
    {%- call statement('main', language='python') -%}{{ create_table_as(False, made, compiled_code, 'python') }}{%- endcall -%}
    {%- do put_in_place(made, target, existing) -%}
    {%- else -%}
    {%- do drop_other_kind(existing, target) -%}
    {%- set ranges = ranges_of_ids(model.config.meta.made_by) if model.config.meta.made_by else [] -%}
    {%- call statement('main') -%}
        {%- if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
        {%- for range in ranges or ['true'] %}
        insert into {{ target }} {{ get_column_names() }} {{ get_select_subquery(compiled_code) }} where {{ range }};
        {%- endfor %}
        {%- elif ranges %}
        create or replace table {{ target }} as select * from ({{ compiled_code }}) as made where false;
        {%- for range in ranges %}
        insert into {{ target }} select * from ({{ compiled_code }}) as made where {{ range }};
        {%- endfor %}
        {%- else %}
        create or replace table {{ target }} as {{ compiled_code }}
        {%- endif %}
    {%- endcall -%}
    {%- endif -%}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set target = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do drop_other_kind(load_cached_relation(this), target) -%}
    {%- call statement('main') -%}create or replace view {{ target }} as {{ compiled_code }}{%- endcall -%}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- What stands under the name of a target as another kind of relation, from when its model was one, gives way. -#}
{% macro drop_other_kind(existing, wanted) -%}
    {%- if existing is not none and existing.type != wanted.type -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
{%- endmacro %}

{#- A table made beside its target takes its place. -#}
{% macro put_in_place(made, target, existing) -%}
    {%- if existing is not none -%}
        {%- set backup = make_backup_relation(target, existing.type) -%}
        {%- do adapter.rename_relation(existing, backup) -%}
        {%- do adapter.drop_relation(backup) -%}
    {%- endif -%}
    {%- do adapter.rename_relation(made, target) -%}
{%- endmacro %}
