-- What it is: the lines that the marts have as columns, and how they add up, are those of the settings, in their order.
-- When it matters: a line was added, renamed, moved or given another sign in statement_lines.csv, unknown to the marts.
-- How to resolve it: bring statement_rules() in macros/statement.sql into line, or the settings.
with

columns as (
    {% for line, sign in statement_rules().items() -%}
    select
        {{ loop.index }} as position,
        '{{ line }}' as statement_line,
        {{ sign }} as sign
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

lines as (
    select
        position,
        statement_line,
        case when is_subtotal then 0 else sign end as sign
    from {{ ref('statement_lines') }}
)

select
    columns.position,
    columns.statement_line as in_marts,
    columns.sign as sign_in_marts,
    lines.statement_line as in_settings,
    lines.sign as sign_in_settings
from columns
full outer join lines on columns.position = lines.position
where
    columns.statement_line is distinct from lines.statement_line
    or columns.sign is distinct from lines.sign
