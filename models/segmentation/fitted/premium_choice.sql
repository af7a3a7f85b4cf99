with

judged as (
    select
        model,
        fit_on,
        amount as intercept,
        accuracy > base_rate as is_better_than_guessing,
        row_number() over (order by accuracy desc, model) as place
    from {{ ref('premium_fits') }}
    where row_kind = 'model' and accuracy is not null
)

-- Where both are right as often, the discriminant, which tells more customers apart.
select
    model,
    fit_on,
    intercept,
    is_better_than_guessing
from judged
where place = 1
