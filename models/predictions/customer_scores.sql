with

winner as (
    select * from {{ ref('winning_candidate') }}
),

buying as (
    select *
    from {{ ref('tonights_fits') }}
    where cohort_group = '*' and value_basis is null
),

spending as (
    select *
    from {{ ref('tonights_fits') }}
    where cohort_group = '*' and value_basis is not null
),

-- Who has never ordered is taken as a newcomer.
histories as (
    select
        customers.customer_id,
        histories.customer_id is not null as has_history,
        coalesce(histories.repeats, 0) as repeats,
        coalesce(histories.recency_days, 0) as recency_days,
        coalesce(histories.age_days, 0) as age_days,
        case
            when winner.value_basis = 'all' then coalesce(histories.repeats + 1, 0)
            else coalesce(histories.repeats, 0)
        end as purchases,
        case when winner.value_basis = 'all' then histories.total_value else histories.repeat_value end as known_value,
        winner.candidate
    from {{ ref('dim_customers') }} as customers
    cross join winner
    left join {{ ref('purchase_histories') }} as histories
        on customers.customer_id = histories.customer_id
),

expected as (
    select
        histories.*,
        coalesce(cast(histories.known_value as double) / nullif(histories.purchases, 0), 0) as mean_value,
        alive.probability_alive,
        orders.orders_90d,
        orders.orders_365d as orders_if_alive,
        orders.orders_discounted,
        orders.pairs_if_alive,
        orders.none_if_alive,
        spending.p,
        spending.q,
        spending.gamma,
        -- half of those who go on will have ordered again by then
        (buying.alpha * 7 + histories.age_days) * (exp(ln(cast(2 as double)) / (buying.r + histories.repeats)) - 1)
            as days_to_next_order
    from histories
    cross join buying
    cross join spending
    inner join {{ ref('tonights_probabilities_alive') }} as alive
        on histories.repeats = alive.repeats
        and histories.recency_days = alive.recency_days
        and histories.age_days = alive.age_days
    inner join {{ ref('tonights_orders_if_alive') }} as orders
        on histories.repeats = orders.repeats
        and histories.age_days = orders.age_days
),

scored as (
    {{ value_scores('expected') }}
)

select
    customer_id,
    candidate,
    probability_alive,
    probability_alive * orders_90d as expected_orders_90d,
    orders as expected_orders_365d,
    probability_alive * orders_discounted as expected_orders_discounted,
    expected_order_value,
    value as value_365d,
    value_deviation as value_365d_deviation,
    value_low as value_365d_low,
    value_high as value_365d_high,
    case when has_history then days_to_next_order end as days_to_next_order
from scored
