with

fits as (
    select
        *,
        cut_on = (select as_of_date from {{ ref('dim_as_of') }}) as is_tonight,
        {{ value_rule('drift_standard_errors') }} * coalesce(newcomer_expectation_error, 0) as allowance
    from (
        select * from {{ ref('past_fits') }}
        union all
        select * from {{ ref('tonights_fits') }}
    ) as every_fit
),

-- The range of what past fits to the whole shop expected of a newcomer.
ranges as (
    select
        model,
        coalesce(value_basis, '') as basis,
        count(*) as cut_count,
        min(newcomer_expectation) as least,
        max(newcomer_expectation) as most
    from fits
    where not is_tonight and is_converged
    group by model, coalesce(value_basis, '')
)

select
    fits.cut_on,
    fits.is_tonight,
    fits.cohort_group,
    fits.model,
    fits.value_basis,
    fits.customer_count,
    fits.repeat_customer_count,
    fits.customers_left_out,
    cast(fits.log_likelihood as decimal(20, 4)) as log_likelihood,
    fits.is_converged,
    fits.at_bound,
    cast(fits.newcomer_expectation as decimal(20, 6)) as newcomer_expectation,
    cast(fits.newcomer_expectation_error as decimal(20, 6)) as newcomer_expectation_error,
    case
        when fits.is_tonight and fits.cohort_group = '*' and ranges.cut_count >= 2
            then fits.newcomer_expectation not between ranges.least - fits.allowance and ranges.most + fits.allowance
    end as is_drifting,
    cast(fits.r as decimal(20, 8)) as r,
    cast(fits.r_error as decimal(20, 8)) as r_error,
    cast(fits.alpha as decimal(20, 8)) as alpha,
    cast(fits.alpha_error as decimal(20, 8)) as alpha_error,
    cast(fits.a as decimal(20, 8)) as a,
    cast(fits.a_error as decimal(20, 8)) as a_error,
    cast(fits.b as decimal(20, 8)) as b,
    cast(fits.b_error as decimal(20, 8)) as b_error,
    cast(fits.s as decimal(20, 8)) as s,
    cast(fits.s_error as decimal(20, 8)) as s_error,
    cast(fits.beta as decimal(20, 8)) as beta,
    cast(fits.beta_error as decimal(20, 8)) as beta_error,
    cast(fits.p as decimal(20, 8)) as p,
    cast(fits.p_error as decimal(20, 8)) as p_error,
    cast(fits.q as decimal(20, 8)) as q,
    cast(fits.q_error as decimal(20, 8)) as q_error,
    cast(fits.gamma as decimal(20, 8)) as gamma,
    cast(fits.gamma_error as decimal(20, 8)) as gamma_error
from fits
left join ranges
    on fits.model = ranges.model
    and coalesce(fits.value_basis, '') = ranges.basis
