-- What it is: the statement's columns are the lines of the settings, in their order.
-- When it matters: a line was added, renamed or moved in statement_lines.csv and the marts do not know it.
-- How to resolve it: bring statement_columns() in macros/statement.sql into line, or the settings.
with

columns as (
    {% for line in statement_columns() -%}
    select
        {{ loop.index }} as position,
        '{{ line }}' as statement_line
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    columns.position,
    columns.statement_line as in_marts,
    lines.statement_line as in_settings
from columns
full outer join {{ ref('statement_lines') }} as lines on columns.position = lines.position
where columns.statement_line is distinct from lines.statement_line
