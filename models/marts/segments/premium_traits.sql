with

traits as (
    select
        model,
        fit_on,
        trait,
        cast(amount as decimal(18, 6)) as weight,
        cast(trait_mean as decimal(18, 6)) as trait_mean,
        cast(trait_spread as decimal(18, 6)) as trait_spread
    from {{ ref('premium_fits') }}
    where row_kind = 'trait'
)

select
    model,
    trait,
    fit_on,
    cast(row_number() over (partition by model order by abs(weight) desc, trait) as int) as trait_rank,
    weight,
    case
        when model <> 'discriminant' or weight = 0 then null
        when weight > 0 then 'more of it among premium customers'
        else 'less of it among premium customers'
    end as meaning,
    trait_mean,
    trait_spread
from traits
