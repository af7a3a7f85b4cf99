{#- Past month ends are scored with tonight's fit: what changes between them is the customers, not the model. -#}
with

groups as (
    select * from {{ ref('equity_groups') }}
),

buying as (
    select
        model,
        r,
        alpha,
        a,
        b,
        s,
        beta
    from {{ ref('tonights_fits') }}
    where cohort_group = '*' and value_basis is null
),

spending as (
    select
        value_basis,
        p,
        q,
        gamma
    from {{ ref('tonights_fits') }}
    where cohort_group = '*' and value_basis is not null
),

-- At the end of the month, and for those who were silent at the end of the month before as well.
ages as (
    select repeats, recency_days, age_days
    from groups
    union
    select repeats, recency_days, age_days - month_days as age_days
    from groups
    where is_silent
),

histories as (
    select
        ages.*,
        buying.*
    from ages
    cross join buying
),

pairs as (
    select distinct
        repeats,
        age_days,
        model,
        r,
        alpha,
        a,
        b,
        s,
        beta
    from histories
),

orders as (
    {{ orders_if_alive('pairs', ['repeats', 'age_days'], {'orders_discounted': discounted_months()}, 365 / 7) }}
),

alive as (
    {{ probabilities_alive('histories', ['repeats', 'recency_days', 'age_days']) }}
),

expected as (
    select
        alive.repeats,
        alive.recency_days,
        alive.age_days,
        alive.probability_alive * orders.orders_discounted as expected_orders
    from alive
    inner join orders
        on alive.repeats = orders.repeats
        and alive.age_days = orders.age_days
),

-- The value of an order is a straight line in what the customer has spent, so that customers can be added up first.
valued as (
    select
        groups.*,
        case when groups.is_silent then groups.age_days - groups.month_days end as opening_age_days,
        spending.p * (
            groups.customer_count * spending.gamma
            + case when spending.value_basis = 'all' then groups.total_value else groups.repeat_value end
        ) / (
            spending.p * (groups.repeats + case when spending.value_basis = 'all' then 1 else 0 end) + spending.q - 1
        ) as order_values
    from groups
    cross join spending
)

select
    valued.month,
    valued.is_won,
    valued.is_silent,
    valued.repeats,
    valued.recency_days,
    valued.age_days,
    valued.customer_count,
    cast(valued.order_values * expected.expected_orders as decimal(28, 6)) as predicted_value,
    cast(valued.order_values * before.expected_orders as decimal(28, 6)) as opening_value
from valued
inner join expected
    on valued.repeats = expected.repeats
    and valued.recency_days = expected.recency_days
    and valued.age_days = expected.age_days
left join expected as before
    on valued.repeats = before.repeats
    and valued.recency_days = before.recency_days
    and valued.opening_age_days = before.age_days
