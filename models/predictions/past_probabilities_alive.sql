with

histories as (
    select distinct
        cut_on,
        repeats,
        recency_days,
        age_days
    from {{ ref('judged_histories') }}
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
    inner join {{ ref('past_fits') }} as fits
        on histories.cut_on = fits.cut_on
        and fits.value_basis is null
)

select *
from (
    {{ probabilities_alive('fitted_histories', ['cut_on', 'model', 'repeats', 'recency_days', 'age_days']) }}
) as probabilities
