-- What it is: a model that should have been fitted, to a past cut or tonight, and is not in lifetime_value_models.
-- When it matters: always; what nobody has fitted is neither judged nor watched.
-- How to resolve it: past_fits and tonights_fits, and the groups that they are fitted to.
with

cuts as (
    select
        cohorts.cut_on,
        cohorts.cohort_group,
        candidates.buying_model as model
    from {{ ref('past_cohorts') }} as cohorts
    cross join {{ ref('value_candidates') }} as candidates
),

tonight as (
    select
        as_of.as_of_date as cut_on,
        groups.cohort_group,
        winner.buying_model as model
    from {{ ref('cohort_groups') }} as groups
    cross join {{ ref('winning_candidate') }} as winner
    cross join {{ ref('dim_as_of') }} as as_of
),

-- Of spending where somebody has brought anything.
spending as (
    select
        cut_on,
        cohort_group,
        value_basis
    from {{ ref('past_spending_groups') }}
    where mean_value > 0
    union
    select
        cut_on,
        cohort_group,
        value_basis
    from {{ ref('spending_groups') }}
    where mean_value > 0
)

select
    cut_on,
    cohort_group,
    model,
    cast(null as string) as value_basis
from cuts
union
select
    cut_on,
    cohort_group,
    model,
    cast(null as string) as value_basis
from tonight
union
select
    cut_on,
    cohort_group,
    'gamma_gamma' as model,
    value_basis
from spending
except
select
    cut_on,
    cohort_group,
    model,
    value_basis
from {{ ref('lifetime_value_models') }}
