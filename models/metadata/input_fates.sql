{% for table in input_tables() -%}
select
    '{{ table }}' as table_name,
    load_id,
    fate,
    count(*) as row_count,
    sum({{ money_of(table) }}) as money
from {{ ref('judged_' ~ table) }}
group by load_id, fate
{{ 'union all' if not loop.last }}
{% endfor %}
