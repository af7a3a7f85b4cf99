with

quarantine as (
    select
        *,
        row_number() over (partition by table_name, reasons order by load_id, source_file, source_row) as place
    from {{ ref('quarantine') }}
)

-- The example names the place only: what stands in the row may be about a person.
select
    table_name,
    reasons as reason,
    count(*) as row_count,
    cast(sum(money) as decimal(38, 7)) as money,
    max(case when place = 1 then source_file end) as example_file,
    max(case when place = 1 then source_row end) as example_row
from quarantine
group by table_name, reasons
