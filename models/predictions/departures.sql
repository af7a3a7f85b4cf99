with

histories as (
    select distinct
        repeats,
        recency_days,
        age_days
    from {{ ref('purchase_histories') }}
),

fitted as (
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
    cross join {{ ref('departure_fits') }} as fits
),

probabilities as (
    select *
    from (
        {{ probabilities_alive('fitted', ['repeats', 'recency_days', 'age_days']) }}
    ) as alive
)

select
    histories.customer_id,
    1 - probabilities.probability_alive as chance_gone
from {{ ref('purchase_histories') }} as histories
inner join probabilities
    on histories.repeats = probabilities.repeats
    and histories.recency_days = probabilities.recency_days
    and histories.age_days = probabilities.age_days
