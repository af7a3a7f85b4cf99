with

pairs as (
    select distinct
        cut_on,
        holdout_days,
        repeats,
        age_days
    from {{ ref('judged_histories') }}
),

fitted_pairs as (
    select
        pairs.*,
        fits.model,
        fits.r,
        fits.alpha,
        fits.a,
        fits.b,
        fits.s,
        fits.beta
    from pairs
    inner join {{ ref('past_fits') }} as fits
        on pairs.cut_on = fits.cut_on
        and fits.value_basis is null
)

{%- set holdout_weeks = '(holdout_days / ' ~ double(7) ~ ')' %}

select *
from (
    {{ orders_if_alive(
        'fitted_pairs',
        ['cut_on', 'model', 'repeats', 'age_days'],
        {'orders_if_alive': [(holdout_weeks, 1)]},
        holdout_weeks
    ) }}
) as expected
