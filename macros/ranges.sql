{#-
  Tables that are made range by range of an id, where a shop is large.

  Asked for the rows of some customers, an engine hands the bounds on to what is joined, grouped and put in order by
  customer, as far as that is in the model: what it holds at once is then a range's and not the shop's. One piece of
  twenty million rows that does not fit is written to disk and read again, which costs more than to scan what is read
  some times.

  In a model's `meta`:

  made_by      the id: the table's key or a part of it, so that no row lacks it

  Yields conditions of which each row meets one; none where the table is made in one piece, as it is where the tables that
  have the id hold no more than `rows_made_at_once` rows. What is a view is not counted: that would take making it.
-#}
{% macro ranges_of_ids(made_by) -%}
{%- set conditions = [] -%}
{%- set read = run_query(tables_read_by(made_by)).columns -%}
{%- set range_count = (read[1].values() | sum) // var('rows_made_at_once') + 1 -%}
{%- if range_count > 1 -%}
    {%- set bounds = first_column(bounds_of_ids(made_by, read[0].values()[0], range_count)) -%}
    {%- for bound in bounds -%}
        {%- do conditions.append(
            (made_by ~ ' >= ' ~ text_of(loop.previtem) ~ ' and ' if not loop.first else '')
            ~ made_by ~ ' < ' ~ text_of(bound)
        ) -%}
    {%- endfor -%}
    {%- do conditions.append(made_by ~ ' >= ' ~ text_of(bounds | last)) -%}
{%- endif -%}
{{ return(conditions) }}
{%- endmacro %}

{#- An id as SQL. -#}
{% macro text_of(id) -%}{{ return("'" ~ (id | replace("'", "''")) ~ "'") }}{%- endmacro %}

{#- The tables with the id that the model reads, and their rows as the catalog has them, the largest first. -#}
{% macro tables_read_by(made_by) -%}
{%- set read = [] -%}
{%- for id in model.depends_on.nodes if id in graph.nodes -%}
    {%- do read.append("'" ~ graph.nodes[id].schema ~ '.' ~ graph.nodes[id].alias ~ "'") -%}
{%- endfor -%}
select concat(tables.schema_name, '.', tables.table_name) as relation, cast(tables.estimated_size as bigint) as row_count
from duckdb_tables() as tables
inner join duckdb_columns() as columns on tables.table_oid = columns.table_oid
where tables.database_name = current_database() and columns.database_name = current_database()
    and columns.column_name = '{{ made_by }}'
    and concat(tables.schema_name, '.', tables.table_name) in ({{ read | join(', ') }})
order by row_count desc, relation
{%- endmacro %}

{#- What parts a table's ids into so many ranges, of about as many rows each: found among a sample of its rows. -#}
{% macro bounds_of_ids(made_by, relation, range_count) -%}
{%- set shares = [] -%}
{%- for place in range(1, range_count) -%}{%- do shares.append(place / range_count) -%}{%- endfor -%}
select distinct bound
from (
    select unnest(quantile_disc({{ made_by }}, {{ shares }})) as bound
    from (select {{ made_by }} from {{ relation }} using sample reservoir(20000 rows) repeatable (1)) as sampled
) as bounds
where bound is not null
order by bound
{%- endmacro %}
