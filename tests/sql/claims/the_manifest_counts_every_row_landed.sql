-- What it is: for each load and table, the rows that the manifest says were read are the rows that are there.
-- When it matters: a landed file was lost, cut off or copied beside itself.
-- How to resolve it: compare landed/<table> with landed/loads; delete the landed folder and land the inputs again.
with

landed as (
    {% for table in input_tables() -%}
    select
        '{{ table }}' as table_name,
        load_id,
        count(*) as row_count
    from {{ source('landed', table) }}
    group by load_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

manifest as (
    select
        table_name,
        load_id,
        sum(rows_read) as row_count
    from {{ source('landed', 'loads') }}
    where
        outcome in ('landed', 'handed_on')
        -- The files that a connector reads stand under its own name.
        and table_name in (
            {% for table in input_tables() -%}
            '{{ table }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
    group by table_name, load_id
    having sum(rows_read) > 0
)

select
    coalesce(landed.table_name, manifest.table_name) as table_name,
    coalesce(landed.load_id, manifest.load_id) as load_id,
    landed.row_count as rows_landed,
    manifest.row_count as rows_in_manifest
from landed
full outer join manifest
    on landed.table_name = manifest.table_name
    and landed.load_id = manifest.load_id
where landed.row_count is distinct from manifest.row_count
