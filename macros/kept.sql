{#-
  Tables that are kept from night to night, part by part.

  A part is all rows of the same dates and, for ids, of the same bucket of ids: a month, a month of some customers. A
  table may be kept by columns when its rows of a part are made of nothing but the rows of the same part of those
  parents that have these columns, and of the other parents as a whole. Then a part need not be made again while all
  that it is made of is the same: that is remembered as a fingerprint, beside the table, in one transaction with it.

  What arrived, and when, is not asked. A late row, a correction, a merge, a rate that changes, another setting or
  another text of a model: each shows in what a part is made of, and nothing else makes a part again. So a night that
  was broken off is no special case either.

  In a model's `meta`:

  kept_by      the columns; a name that ends in _id is taken in buckets, any other is a date
  buckets      how many there are: enough that a day's changes reach few of them
  kept_from    the same columns under other names, by parent
-#}
{% materialization kept, adapter="duckdb" %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set memory = memory_of(this) -%}
    {%- set parents = parents_of(model) -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('tonight') -%}
        create or replace temp table tonight as {{ what_parts_are_made_of(parents) }};
        create or replace temp table tonight_alike as {{ what_all_parts_are_made_of(parents) }};
        create table if not exists {{ memory }} (
            part bigint, made_of varchar, alike varchar, row_count bigint, content hugeint
        )
    {%- endcall -%}
    {%- if existing is none or existing.is_view or should_full_refresh()
        or is_made_of_something_else(memory) or has_other_rows(existing, memory) -%}
        {%- set changed = none -%}
        {%- do make_whole_table(target, existing) -%}
    {%- else -%}
        {%- set changed = changed_parts(memory) -%}
        {%- do make_parts(target, changed) -%}
    {%- endif -%}
    {%- do remember(target, memory, changed) -%}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- Where engines keep nothing it is a table like any other. -#}
{% materialization kept, default %}
    {{ return(context['materialization_table_' ~ adapter.type()]()) }}
{% endmaterialization %}

{#- Where it is remembered what a table was made of. -#}
{% macro memory_of(relation) -%}
{{ return(api.Relation.create(
    database=relation.database, schema='kept', identifier=relation.schema ~ '__' ~ relation.identifier
)) }}
{%- endmacro %}

{#- The part of a row, as a whole number, from its columns; those of a parent may have other names. -#}
{% macro part_of(columns) -%}
{%- set places = [] -%}
{%- for column in columns -%}
    {%- if column.endswith('_id') -%}
        {%- do places.append('cast(hash(' ~ column ~ ') % ' ~ model.config.meta.buckets ~ ' as bigint)') -%}
    {%- else -%}
        {%- do places.append("coalesce(" ~ column ~ " - date '1899-12-31', 0)") -%}
    {%- endif -%}
{%- endfor -%}
({{ places | join(' * 1048576 + ') }})
{%- endmacro %}

{#- Rows and their content in one number, whatever their order; grouped by part or all together. -#}
{% macro content_of(columns) -%}
count(*) as row_count, coalesce(sum(hash({{ columns | join(', ') }})), 0) as content
{%- endmacro %}

{#-
  What the model reads, each with `relation`, its `columns` with their types, `part_columns` (none: it is read as a
  whole) and `memory`, where the contents of the same parts are known already.
-#}
{% macro parents_of(model) -%}
{%- set parents = [] -%}
{%- for id in model.depends_on.nodes -%}
    {%- set node = graph.nodes.get(id) or graph.sources[id] -%}
    {%- set relation = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.identifier or node.alias
    ) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set part_columns = model.config.meta.get('kept_from', {}).get(node.name, model.config.meta.kept_by) -%}
    {%- set is_read_by_part = part_columns | reject('in', names) | list | length == 0 -%}
    {%- set is_kept_alike = node.config.materialized == 'kept' and node.config.meta.kept_by == part_columns
        and node.config.meta.buckets == model.config.meta.buckets -%}
    {%- do parents.append({
        'name': node.name,
        'relation': relation,
        'columns': names,
        'types': columns | map(attribute='data_type') | list,
        'part_columns': part_columns if is_read_by_part else none,
        'memory': memory_of(relation) if is_read_by_part and is_kept_alike else none,
    }) -%}
{%- endfor -%}
{{ return(parents) }}
{%- endmacro %}

{#- One row per part: what its parents hold of it, and how many rows that are. -#}
{% macro what_parts_are_made_of(parents) -%}
select part, string_agg(concat(place, ':', row_count, ':', content), ',' order by place) as made_of,
    sum(row_count) as row_count
from (
    {% for parent in parents if parent.part_columns -%}
    select {{ loop.index }} as place, part, row_count, content
    from (
        {%- if parent.memory %}
        select part, row_count, content from {{ parent.memory }}
        {%- else %}
        select {{ part_of(parent.part_columns) }} as part, {{ content_of(parent.columns) }}
        from {{ parent.relation }}
        group by part
        {%- endif %}
    )
    {{ 'union all' if not loop.last }}
    {% endfor %}
)
where row_count > 0
group by part
{%- endmacro %}

{#- What every part is made of: the model's own text, the shape of what it reads, and the parents read as a whole. -#}
{% macro what_all_parts_are_made_of(parents) -%}
{%- set shapes = [] -%}
{%- for parent in parents -%}
    {%- do shapes.append([parent.name, parent.columns, parent.types, parent.part_columns]) -%}
{%- endfor -%}
{%- set text = [compiled_code, model.get('contract', {}).get('checksum'), model.config.meta.buckets, shapes] -%}
select concat(
    '{{ local_md5(text | string) }}', version()
    {%- for parent in parents if not parent.part_columns -%}
    , (select concat(' ', row_count, ':', content) from (
        select {{ content_of(parent.columns) }} from {{ parent.relation }}
    ))
    {%- endfor %}
) as alike
{%- endmacro %}

{#- Whether something changed that all parts are made of, or nothing is remembered. -#}
{% macro is_made_of_something_else(memory) -%}
{{ return(first_column(
    'select coalesce(max(memory.alike), \'\') <> max(tonight_alike.alike) from tonight_alike left join '
    ~ memory ~ ' as memory on true'
)[0]) }}
{%- endmacro %}

{#- Whether the table has not as many rows as it was left with: somebody else has been at it. -#}
{% macro has_other_rows(existing, memory) -%}
{{ return(first_column(
    'select count(*) is distinct from (select sum(row_count) from ' ~ memory ~ ') from ' ~ existing
)[0]) }}
{%- endmacro %}

{#- The parts that are made of something else than when they were made, those that have come or gone among them. -#}
{% macro changed_parts(memory) -%}
{{ return(first_column(
    'select coalesce(tonight.part, memory.part) as part from tonight full outer join ' ~ memory ~ ' as memory '
    ~ 'on tonight.part = memory.part where tonight.made_of is distinct from memory.made_of order by part'
)) }}
{%- endmacro %}

{#- The values of a query's first column. -#}
{% macro first_column(query) -%}{{ return(run_query(query).columns[0].values()) }}{%- endmacro %}

{#- The date of a part, as days since 1899-12-31; of a table that is kept by ids only, nothing of the kind. -#}
{% macro day_of_part(part) -%}
{{ return((part | int) // (1048576 ** (model.config.meta.kept_by | length - 1))) }}
{%- endmacro %}

{#- The date of each of these parts, once. -#}
{% macro days_of_parts(parts) -%}
{%- set days = [] -%}
{%- for part in parts -%}
    {%- do days.append(day_of_part(part)) -%}
{%- endfor -%}
{{ return(days | unique | list) }}
{%- endmacro %}

{#-
  The condition under which a row is of these parts. That it is of one of their dates, and between the first and the last,
  says nothing more, but an engine can use it before it reads: bounds it hands on, through joins, groups and windows, to
  all that is of the same date, where of a list it reads all days and throws them away.
-#}
{% macro is_of_parts(parts) -%}
{%- set columns = model.config.meta.kept_by -%}
{%- set days = days_of_parts(parts) -%}
{{ part_of(columns) }} in ({{ parts | join(', ') }})
{%- if not columns[0].endswith('_id') and 0 not in days %}
    and {{ columns[0] }} between date '1899-12-31' + {{ days | min }} and date '1899-12-31' + {{ days | max }}
    and {{ columns[0] }} in (
        {%- for day in days %}{{ ', ' if not loop.first }}date '1899-12-31' + {{ day }}{% endfor -%}
    )
{%- endif -%}
{%- endmacro %}

{#-
  Parts, in order, as lists of those that are read in one go. A late row of two years ago and a sale of today would have
  all read that is between: so only dates of neighbouring months are read together, unless there are so many of them that
  one reading of all costs less.
-#}
{% macro parts_read_together(parts) -%}
{%- set lists = [] -%}
{%- for part in parts -%}
    {%- if loop.first or day_of_part(part) - day_of_part(loop.previtem) > 31 -%}{%- do lists.append([]) -%}{%- endif -%}
    {%- do lists[-1].append(part) -%}
{%- endfor -%}
{{ return(lists if lists | length <= 4 else [parts]) }}
{%- endmacro %}

{#- Makes parts again: what there was of them goes, what there is now comes. -#}
{% macro make_parts(target, parts) -%}
    {%- call statement('main') -%}
        {%- if parts %}
        delete from {{ target }} where {{ is_of_parts(parts) }};
        {%- for together in parts_read_together(parts) %}
        insert into {{ target }} by name select * from (
            {{ compiled_code }}
        ) as made where {{ is_of_parts(together) }};
        {%- endfor %}
        {%- else %}
        select 'nothing has changed'
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}

{#-
  Makes the whole table, beside the one there is. A large one is made by ranges of parts, so that sorts and groups hold
  no more at once than memory does: statements of ten million lines spilled when they were made in one.
-#}
{% macro make_whole_table(target, existing) -%}
    {%- set intermediate = make_intermediate_relation(target) -%}
    {%- set first_parts = first_column(
        'select min(part) as part from (select part, floor(sum(row_count) over (order by part) / '
        ~ var('rows_made_at_once') ~ ') as range_number from tonight) group by range_number order by part'
    ) -%}
    {%- if first_parts | length <= 1 -%}
        {%- call statement('main') -%}{{ create_table_as(False, intermediate, compiled_code) }}{%- endcall -%}
    {%- else -%}
        {%- set part = part_of(model.config.meta.kept_by) -%}
        {%- call statement('main') -%}
            {{ create_table_as(False, intermediate, 'select * from (' ~ compiled_code ~ ') as made where false') }}
        {%- endcall -%}
        {%- for first_part in first_parts -%}
            {%- do run_query(
                'insert into ' ~ intermediate ~ ' by name select * from (' ~ compiled_code ~ ') as made where '
                ~ ('true' if loop.first else part ~ ' >= ' ~ first_part)
                ~ (' and ' ~ part ~ ' < ' ~ loop.nextitem if not loop.last else '')
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do put_in_place(intermediate, target, existing) -%}
{%- endmacro %}

{#- Writes down what each part was made of, and what it holds: who reads the table need not look. -#}
{% macro remember(target, memory, changed) -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {%- call statement('remember') -%}
        create or replace table {{ memory }} as
        with contents as (
            select {{ part_of(model.config.meta.kept_by) }} as part, {{ content_of(columns) }}
            from {{ target }}
            {% if changed is not none %}where {{ is_of_parts(changed) if changed else 'false' }}{% endif %}
            group by part
            {% if changed is not none -%}
            union all
            select part, row_count, content from {{ memory }}
            {% if changed %}where part not in ({{ changed | join(', ') }}){% endif %}
            {%- endif %}
        )
        select coalesce(tonight.part, contents.part) as part, tonight.made_of, tonight_alike.alike,
            coalesce(contents.row_count, 0) as row_count, coalesce(contents.content, 0) as content
        from tonight
        full outer join contents on tonight.part = contents.part
        cross join tonight_alike
    {%- endcall -%}
{%- endmacro %}
