with

members as (
    select
        histories.*,
        cohorts.cohort_group,
        cohorts.is_exact
    from {{ ref('past_histories') }} as histories
    inner join {{ ref('past_cohorts') }} as cohorts on histories.cut_on = cohorts.cut_on
)

{{ grouped_histories('members') }}
