with

members as (
    select
        histories.*,
        groups.cohort_group,
        groups.is_exact
    from {{ ref('purchase_histories') }} as histories
    inner join {{ ref('cohort_groups') }} as groups
        on groups.cohort_group = '*' or histories.acquisition_channel = groups.cohort_group
)

{{ grouped_histories('members') }}
