with

accepted as (
    {% for table in input_tables() -%}
    select
        '{{ table }}' as table_name,
        count(*) as row_count,
        max({{ event_of(table) }}) as latest_event_at,
        max(load_id) as latest_load_id
    from {{ ref('judged_' ~ table) }}
    where fate = 'accepted'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

load_stamps as (
    select
        load_id,
        max(loaded_at) as loaded_at
    from {{ source('landed', 'loads') }}
    group by load_id
)

select
    accepted.table_name,
    accepted.row_count,
    accepted.latest_event_at,
    accepted.latest_load_id,
    load_stamps.loaded_at as latest_loaded_at
from accepted
left join load_stamps on accepted.latest_load_id = load_stamps.load_id
