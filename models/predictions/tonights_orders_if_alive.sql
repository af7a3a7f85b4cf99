with

-- The distinct pairs of orders and age, and a newcomer: nothing but the first order, today.
pairs as (
    select
        repeats,
        age_days
    from {{ ref('purchase_histories') }}
    union
    select
        0 as repeats,
        0 as age_days
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
    inner join {{ ref('tonights_fits') }} as fits
        on fits.cohort_group = '*'
        and fits.value_basis is null
)

select *
from (
    {{ orders_if_alive(
        'fitted_pairs',
        ['repeats', 'age_days'],
        {
            'orders_90d': [(90 / 7, 1)],
            'orders_365d': [(365 / 7, 1)],
            'orders_discounted': discounted_months()
        },
        365 / 7
    ) }}
) as expected
