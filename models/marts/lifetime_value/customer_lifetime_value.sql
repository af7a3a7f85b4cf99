with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

orders as (
    select *
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
),

first_orders as (
    select
        customer_id,
        gross_sales - discounts - cogs as first_order_value
    from orders
    where order_number = 1
),

histories as (
    select
        customer_id,
        count(*) as order_count,
        min(ordered_on) as first_order_on,
        {{ days_between('min(ordered_on)', 'max(ordered_on)') }} as active_days
    from orders
    group by customer_id
),

-- Days are whole numbers and add up the same in any order; years would not, in their last bit.
totals as (
    select
        count(*) as customer_count,
        sum(active_days) as active_days,
        sum(order_count - 1) as gap_count
    from histories
),

-- How long a customer buys here, from the customers seen so far: never less than one gap between two orders.
shop as (
    select
        {{ ratio('active_days', 'gap_count * 365.25') }} as gap_years,
        case
            when gap_count > 0
                then {{ ratio('active_days', 'least(gap_count, customer_count) * 365.25') }}
        end as lifespan_years
    from totals
),

profits as (
    select
        customer_id,
        contribution_2
    from {{ ref('customer_profit') }}
),

measured as (
    select
        profits.customer_id,
        first_orders.first_order_value,
        profits.contribution_2 as historic_value,
        histories.order_count,
        cast(profits.contribution_2 as double) / nullif(histories.order_count, 0) as average_order_value,
        histories.order_count / nullif(
            greatest(
                {{ ratio(days_between('histories.first_order_on', 'as_of.as_of_date'), '365.25') }}, shop.gap_years
            ), 0
        ) as purchase_frequency,
        shop.lifespan_years
    from profits
    cross join as_of
    cross join shop
    left join histories on profits.customer_id = histories.customer_id
    left join first_orders on profits.customer_id = first_orders.customer_id
),

scores as (
    select * from {{ ref('customer_scores') }}
)

select
    measured.customer_id,
    cast(measured.first_order_value as decimal(18, 2)) as first_order_value,
    measured.historic_value,
    {{ to_cents('measured.average_order_value') }} as average_order_value,
    measured.purchase_frequency,
    case when measured.order_count is not null then measured.lifespan_years end as lifespan_years,
    {{ to_cents('measured.average_order_value * measured.purchase_frequency * measured.lifespan_years') }}
        as formula_value,
    scores.candidate as prediction_model,
    cast(scores.probability_alive as decimal(20, 6)) as probability_alive,
    cast(scores.expected_orders_90d as decimal(20, 6)) as expected_orders_90d,
    cast(scores.expected_orders_365d as decimal(20, 6)) as expected_orders_365d,
    {{ to_cents('scores.expected_order_value') }} as expected_order_profit,
    {{ to_cents('scores.value_365d') }} as predicted_value_365d,
    {{ to_cents('scores.value_365d_low') }} as predicted_value_365d_low,
    {{ to_cents('scores.value_365d_high') }} as predicted_value_365d_high,
    {{ to_cents('scores.value_365d_deviation') }} as predicted_value_365d_deviation,
    {{ to_cents('scores.expected_orders_discounted * scores.expected_order_value') }} as predicted_value_horizon,
    case
        when scores.days_to_next_order <= 3650
            then {{ add_days('as_of.as_of_date', 'cast(ceil(scores.days_to_next_order) as int)') }}
    end as expected_next_order_on,
    cast(
        measured.historic_value + {{ to_cents('scores.expected_orders_discounted * scores.expected_order_value') }}
        as decimal(18, 2)
    ) as customer_equity
from measured
cross join as_of
left join scores on measured.customer_id = scores.customer_id
