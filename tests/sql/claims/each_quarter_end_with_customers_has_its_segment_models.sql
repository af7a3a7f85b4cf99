-- What it is: a model that should have been fitted as of a quarter end, or be told why it was not, and is not in
-- segment_models.
-- When it matters: always; tonight's segments would go by a fit of which nobody knows.
-- How to resolve it: the samples of the model (behaviour_samples, premium_samples, lifecycle_samples), then its fits.
with

-- Clusters of each quarter end; who is premium, by the last one; the lifecycle, by the last whose next period is over.
fits as (
    select
        'behaviour clusters' as model,
        fit_on
    from {{ ref('fit_days') }}
    where fit_on = as_of_date
    {% for kind in ['discriminant', 'tree'] -%}
    union all
    select
        'premium {{ kind }}' as model,
        fit_on
    from {{ ref('fit_days') }}
    where is_tonight
    {% endfor -%}
    {% for kind in ['rules', 'tree'] -%}
    union all
    select
        'lifecycle {{ kind }}' as model,
        max(days.fit_on) as fit_on
    from {{ ref('fit_days') }} as days
    inner join {{ ref('dim_as_of') }} as as_of
        on {{ add_days('days.fit_on', segment_rule('next_period_days')) }} <= as_of.as_of_date
    {% endfor %}
),

days_with_customers as (
    select distinct as_of_date
    from {{ ref('customer_day_measures') }}
    where order_count > 0
)

select
    fits.model,
    fits.fit_on
from fits
inner join days_with_customers as days on fits.fit_on = days.as_of_date
except
select
    model,
    fit_on
from {{ ref('segment_models') }}
