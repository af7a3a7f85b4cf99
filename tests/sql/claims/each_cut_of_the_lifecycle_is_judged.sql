-- What it is: a cut of the settings (lifecycle_rules), or of the tree, on a measure that is known of some customer, and
-- lifecycle_cuts does not have it.
-- When it matters: always; whether a stage begins where it should would not be told.
-- How to resolve it: lifecycle_samples and lifecycle_fits, then the joins of lifecycle_cuts.
with

cuts as (
    {% for measure in ['quiet', 'pause', 'pace', 'purchases'] -%}
    {% for end in ['from', 'until'] -%}
    select
        '{{ measure }}' as measure,
        'settings' as chosen_by,
        cast({{ end }}_{{ measure }} as decimal(18, 6)) as cut
    from {{ ref('lifecycle_rules') }}
    where
        {{ end }}_{{ measure }} is not null
        and exists (
            select 1
            from {{ ref('lifecycle_samples') }}
            where {{ measure }} is not null
        )
    union all
    {% endfor -%}
    {% endfor -%}
    select
        trait as measure,
        'tree' as chosen_by,
        cast(amount as decimal(18, 6)) as cut
    from {{ ref('lifecycle_fits') }}
    where row_kind = 'cut'
)

select
    measure,
    chosen_by,
    cut
from cuts
except
select
    measure,
    chosen_by,
    cut
from {{ ref('lifecycle_cuts') }}
