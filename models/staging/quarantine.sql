{% for table in input_tables() -%}
select
    '{{ table }}' as table_name,
    load_id,
    source_file,
    source_row,
    reasons,
    unreadable,
    {{ money_of(table) }} as money,
    {{ row_as_text(table) }} as payload
from {{ ref('judged_' ~ table) }}
where fate = 'quarantined'
{{ 'union all' if not loop.last }}
{% endfor %}
