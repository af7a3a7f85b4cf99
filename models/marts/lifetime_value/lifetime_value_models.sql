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
    -- In a currency of small units, and of few customers, gamma is large; an error without end says nothing.
    {% for name in ['r', 'alpha', 'a', 'b', 's', 'beta', 'p', 'q', 'gamma'] -%}
    cast(fits.{{ name }} as decimal(28, 8)) as {{ name }},
    case when fits.{{ name }}_error < 1e19 then cast(fits.{{ name }}_error as decimal(28, 8)) end as {{ name }}_error,
    {% endfor -%}
    cast(fits.log_likelihood as decimal(20, 4)) as log_likelihood,
    fits.is_converged,
    fits.at_bound,
    cast(fits.newcomer_expectation as decimal(20, 6)) as newcomer_expectation,
    cast(fits.newcomer_expectation_error as decimal(20, 6)) as newcomer_expectation_error,
    case
        when fits.is_tonight and fits.cohort_group = '*' and ranges.cut_count >= 2
            then fits.newcomer_expectation not between ranges.least - fits.allowance and ranges.most + fits.allowance
    end as is_drifting
from fits
left join ranges
    on fits.model = ranges.model
    and coalesce(fits.value_basis, '') = ranges.basis
