with

-- What has been judged on every cut at which anything was; a candidate that could not be fitted somewhere is out. The
-- choice is made on what is published: a last bit of a double must not be what one candidate is ahead by.
measured as (
    select
        candidate,
        count(*) as cut_count,
        cast({{ ratio('sum(normalised_gini)', 'count(normalised_gini)') }} as decimal(20, 6)) as mean_gini
    from {{ ref('lifetime_value_validation') }}
    where target = 'value'
    group by candidate
),

candidates as (
    select
        candidates.*,
        measured.mean_gini,
        coalesce(measured.cut_count, 0) as cut_count,
        max(measured.mean_gini) over () as best_gini,
        max(coalesce(measured.cut_count, 0)) over () as most_cuts
    from {{ ref('value_candidates') }} as candidates
    left join measured on candidates.candidate = measured.candidate
),

placed as (
    select
        *,
        row_number() over (
            order by
                case when cut_count = most_cuts then 0 else 1 end,
                case when mean_gini < best_gini - {{ value_rule('winner_margin') }} then 1 else 0 end,
                preference
        ) as place
    from candidates
)

select
    candidate,
    buying_model,
    value_basis,
    mean_gini,
    cast(cut_count as int) as cut_count
from placed
where place = 1
