-- What it is: a candidate that was fitted to a past cut, or a simple rule beside it, of which lifetime_value_validation
-- does not say how well it predicted orders, or value.
-- When it matters: always; the model in use would have won against nobody, or not have been asked.
-- How to resolve it: judged_histories and past_scores of the cut.
with

-- Of a cut of more customers than are judged, those drawn are.
cuts as (
    select cut_on
    from {{ ref('past_cohorts') }}
    where customer_count <= {{ value_rule('judged_customers') }}
    union
    select cut_on
    from {{ ref('judged_histories') }}
),

candidates as (
    select
        buying.cut_on,
        candidates.candidate
    from {{ ref('value_candidates') }} as candidates
    inner join {{ ref('past_fits') }} as buying on candidates.buying_model = buying.model
    inner join {{ ref('past_fits') }} as spending
        on buying.cut_on = spending.cut_on
        and candidates.value_basis = spending.value_basis
    union all
    select
        cut_on,
        'repeat_of_the_last_span' as candidate
    from cuts
    union all
    select
        cut_on,
        'constant' as candidate
    from cuts
    union all
    -- Where all came on the day of the cut, there is no time to go by.
    select distinct
        cut_on,
        'formula' as candidate
    from {{ ref('judged_histories') }}
    where age_days > 0
),

targets as (
    select 'orders' as target
    union all
    select 'value' as target
)

select
    candidates.cut_on,
    candidates.candidate,
    targets.target
from candidates
inner join cuts on candidates.cut_on = cuts.cut_on
cross join targets
except
select
    cut_on,
    candidate,
    target
from {{ ref('lifetime_value_validation') }}
