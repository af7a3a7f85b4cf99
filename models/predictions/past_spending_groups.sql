with

members as (
    select
        histories.*,
        cohorts.cohort_group,
        cohorts.is_exact,
        bases.value_basis
    from {{ ref('past_histories') }} as histories
    inner join {{ ref('past_cohorts') }} as cohorts on histories.cut_on = cohorts.cut_on
    cross join (select distinct value_basis from {{ ref('value_candidates') }}) as bases
)

{{ grouped_spending('members') }}
