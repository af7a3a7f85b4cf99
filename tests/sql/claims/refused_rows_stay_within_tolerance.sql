-- What it is: of each input table, no larger share of the rows is quarantined than settings tolerate.
-- When it matters: an export has changed, or a file belongs to another shop; a few bad rows are daily life.
-- How to resolve it: metadata.quarantine_summary says why and where; repair the export, or settle a higher share.
with

refused as (
    select
        table_name,
        sum(row_count) as row_count,
        sum(case when fate = 'quarantined' then row_count else 0 end) as refused_count
    from {{ ref('input_fates') }}
    group by table_name
)

select
    refused.table_name,
    refused.row_count,
    refused.refused_count,
    tolerances.tolerated_refused_share
from refused
left join {{ ref('input_tolerances') }} as tolerances on refused.table_name = tolerances.table_name
where
    refused.refused_count > coalesce(tolerances.tolerated_refused_share, 0) * refused.row_count
