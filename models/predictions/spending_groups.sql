with

members as (
    select
        histories.*,
        groups.cohort_group,
        groups.is_exact,
        winner.value_basis
    from {{ ref('purchase_histories') }} as histories
    cross join {{ ref('winning_candidate') }} as winner
    inner join {{ ref('cohort_groups') }} as groups
        on groups.cohort_group = '*' or histories.acquisition_channel = groups.cohort_group
)

{{ grouped_spending('members') }}
