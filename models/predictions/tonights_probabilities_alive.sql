with

histories as (
    select
        repeats,
        recency_days,
        age_days
    from {{ ref('purchase_histories') }}
    union
    select
        0 as repeats,
        0 as recency_days,
        0 as age_days
),

fitted_histories as (
    select
        histories.*,
        fits.model,
        fits.r,
        fits.alpha,
        fits.a,
        fits.b,
        fits.s,
        fits.beta
    from histories
    inner join {{ ref('tonights_fits') }} as fits
        on fits.cohort_group = '*'
        and fits.value_basis is null
)

select *
from (
    {{ probabilities_alive('fitted_histories', ['repeats', 'recency_days', 'age_days']) }}
) as probabilities
