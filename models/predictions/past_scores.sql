with

histories as (
    select * from {{ ref('judged_histories') }}
),

learnt as (
    select
        histories.*,
        candidates.candidate,
        candidates.buying_model,
        histories.repeats + case when candidates.value_basis = 'all' then 1 else 0 end as purchases,
        case when candidates.value_basis = 'all' then histories.total_value else histories.repeat_value end
            as known_value,
        spending.p,
        spending.q,
        spending.gamma
    from histories
    cross join {{ ref('value_candidates') }} as candidates
    inner join {{ ref('past_fits') }} as spending
        on histories.cut_on = spending.cut_on
        and candidates.value_basis = spending.value_basis
),

expected as (
    select
        learnt.*,
        cast(learnt.known_value as double) / greatest(learnt.purchases, 1) as mean_value,
        alive.probability_alive,
        orders.orders_if_alive,
        orders.pairs_if_alive,
        orders.none_if_alive
    from learnt
    inner join {{ ref('past_probabilities_alive') }} as alive
        on learnt.cut_on = alive.cut_on
        and learnt.buying_model = alive.model
        and learnt.repeats = alive.repeats
        and learnt.recency_days = alive.recency_days
        and learnt.age_days = alive.age_days
    inner join {{ ref('past_orders_if_alive') }} as orders
        on learnt.cut_on = orders.cut_on
        and learnt.buying_model = orders.model
        and learnt.repeats = orders.repeats
        and learnt.age_days = orders.age_days
),

scored as (
    {{ value_scores('expected') }}
),

rivals as (
    select * from {{ ref('past_rivals') }}
)

select
    cut_on,
    candidate,
    customer_id,
    orders as predicted_orders,
    value as predicted_value,
    value_low,
    value_high,
    holdout_orders as actual_orders,
    cast(holdout_value as double) as actual_value
from scored
union all
select
    cut_on,
    candidate,
    customer_id,
    predicted_orders,
    predicted_value,
    cast(null as double) as value_low,
    cast(null as double) as value_high,
    actual_orders,
    actual_value
from rivals
