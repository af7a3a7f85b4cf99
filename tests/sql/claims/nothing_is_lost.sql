-- What it is: rows landed = accepted + quarantined + duplicate + superseded + erased, for each input table and load.
-- When it matters: always; a row without a fate is a sale, a refund or a cost that no number knows of.
-- How to resolve it: look for the load below; the judged_ model of the table has dropped or doubled rows in a join.
with

landed as (
    {% for table in input_tables() -%}
    select
        '{{ table }}' as table_name,
        landed.load_id,
        count(*) as row_count,
        coalesce(sum({{ money_of(table) }}), 0) as money
    from {{ source('landed', table) }} as landed
    group by landed.load_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

fates as (
    select
        table_name,
        load_id,
        sum(row_count) as row_count,
        coalesce(sum(money), 0) as money
    from {{ ref('input_fates') }}
    group by table_name, load_id
)

select
    coalesce(landed.table_name, fates.table_name) as table_name,
    coalesce(landed.load_id, fates.load_id) as load_id,
    landed.row_count as rows_landed,
    fates.row_count as rows_with_a_fate,
    landed.money as money_landed,
    fates.money as money_with_a_fate
from landed
full outer join fates
    on landed.table_name = fates.table_name
    and landed.load_id = fates.load_id
where
    landed.row_count is distinct from fates.row_count
    or landed.money is distinct from fates.money
