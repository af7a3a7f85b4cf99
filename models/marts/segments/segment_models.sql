with

clusters as (
    select
        'behaviour clusters' as model,
        fits.fit_on,
        max(case when days.is_tonight then 1 else 0 end) = 1 as is_in_use,
        max(fits.customer_count) as customer_count,
        cast(null as int) as holdout_count,
        max(fits.cluster_count) as cluster_count,
        cast(max(fits.silhouette) as decimal(9, 6)) as silhouette,
        cast(null as double) as base_rate,
        cast(null as double) as accuracy,
        max(fits.why_not) as why_not
    from {{ ref('cluster_fits') }} as fits
    inner join {{ ref('fit_days') }} as days on fits.fit_on = days.fit_on
    group by fits.fit_on
),

-- Stages are the settings' whatever the tree finds; it only says what it would change.
judged as (
    select
        'premium ' || fits.model as model,
        fits.fit_on,
        fits.customer_count,
        fits.holdout_count,
        fits.base_rate,
        fits.accuracy,
        fits.why_not,
        choice.model is not null as is_in_use
    from {{ ref('premium_fits') }} as fits
    left join {{ ref('premium_choice') }} as choice on fits.model = choice.model
    where fits.row_kind = 'model'
    union all
    select
        'lifecycle ' || fits.model as model,
        fits.fit_on,
        fits.customer_count,
        fits.holdout_count,
        fits.base_rate,
        fits.accuracy,
        fits.why_not,
        fits.model = 'rules' as is_in_use
    from {{ ref('lifecycle_fits') }} as fits
    where fits.row_kind = 'model'
),

models as (
    select * from clusters
    union all
    select
        model,
        fit_on,
        is_in_use,
        customer_count,
        holdout_count,
        cast(null as int) as cluster_count,
        cast(null as decimal(9, 6)) as silhouette,
        base_rate,
        accuracy,
        why_not
    from judged
)

select
    model,
    fit_on,
    is_in_use,
    customer_count,
    holdout_count,
    cluster_count,
    silhouette,
    cast(base_rate as decimal(9, 6)) as base_rate,
    cast(accuracy as decimal(9, 6)) as accuracy,
    cast(accuracy - base_rate as decimal(9, 6)) as accuracy_gain,
    case
        when why_not is not null then 'not fitted: ' || why_not
        when cluster_count is not null then cast(cluster_count as string) || ' clusters'
        when accuracy > base_rate then 'better than guessing the commoner outcome'
        else 'no better than guessing the commoner outcome: not to be relied on'
    end as verdict
from models
