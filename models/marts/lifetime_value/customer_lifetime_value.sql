with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

first_orders as (
    select
        customer_id,
        gross_sales - discounts - cogs as first_order_value
    from {{ ref('fct_orders') }}
    where order_number = 1 and is_counted and customer_id is not null
),

profits as (
    select
        customer_id,
        contribution_2,
        service + loyalty + retention_marketing as keeping_costs
    from {{ ref('customer_profit') }}
),

-- What keeping them cost per order is of days with an order, as what is expected of them is.
measured as (
    select
        profits.customer_id,
        first_orders.first_order_value,
        profits.contribution_2 as historic_value,
        profits.contribution_2 - profits.keeping_costs as net_historic_value,
        factors.purchase_frequency,
        factors.lifespan_years,
        {{ ratio('profits.contribution_2', 'factors.order_count') }} as average_order_value,
        {{ ratio('profits.contribution_2 - profits.keeping_costs', 'factors.order_count') }} as net_average_order_value,
        {{ ratio('profits.keeping_costs', 'factors.order_day_count') }} as keeping_cost_per_order
    from profits
    left join {{ ref('formula_factors') }} as factors on profits.customer_id = factors.customer_id
    left join first_orders on profits.customer_id = first_orders.customer_id
),

valued as (
    select
        measured.*,
        scores.candidate,
        scores.probability_alive,
        scores.expected_orders_90d,
        scores.expected_orders_365d,
        scores.expected_order_value,
        scores.value_365d,
        scores.value_365d_low,
        scores.value_365d_high,
        scores.value_365d_deviation,
        scores.days_to_next_order,
        scores.expected_orders_discounted * scores.expected_order_value as value_horizon,
        scores.value_365d - scores.expected_orders_365d * measured.keeping_cost_per_order as net_value_365d,
        scores.expected_orders_discounted * (scores.expected_order_value - measured.keeping_cost_per_order)
            as net_value_horizon
    from measured
    left join {{ ref('customer_scores') }} as scores on measured.customer_id = scores.customer_id
)

select
    valued.customer_id,
    cast(valued.first_order_value as decimal(18, 2)) as first_order_value,
    valued.historic_value,
    cast(valued.net_historic_value as decimal(18, 2)) as net_historic_value,
    {{ to_cents('valued.average_order_value') }} as average_order_value,
    {{ to_cents('valued.keeping_cost_per_order') }} as keeping_cost_per_order,
    valued.purchase_frequency,
    valued.lifespan_years,
    {{ to_cents('valued.average_order_value * valued.purchase_frequency * valued.lifespan_years') }} as formula_value,
    {{ to_cents('valued.net_average_order_value * valued.purchase_frequency * valued.lifespan_years') }}
        as net_formula_value,
    valued.candidate as prediction_model,
    cast(valued.probability_alive as decimal(20, 6)) as probability_alive,
    cast(valued.expected_orders_90d as decimal(20, 6)) as expected_orders_90d,
    cast(valued.expected_orders_365d as decimal(20, 6)) as expected_orders_365d,
    {{ to_cents('valued.expected_order_value') }} as expected_order_profit,
    {{ to_cents('valued.value_365d') }} as predicted_value_365d,
    {{ to_cents('valued.net_value_365d') }} as net_predicted_value_365d,
    {{ to_cents('valued.value_365d_low') }} as predicted_value_365d_low,
    {{ to_cents('valued.value_365d_high') }} as predicted_value_365d_high,
    {{ to_cents('valued.value_365d_deviation') }} as predicted_value_365d_deviation,
    {{ to_cents('valued.value_horizon') }} as predicted_value_horizon,
    {{ to_cents('valued.net_value_horizon') }} as net_predicted_value_horizon,
    case
        when valued.days_to_next_order <= 3650
            then {{ add_days('as_of.as_of_date', 'cast(ceil(valued.days_to_next_order) as int)') }}
    end as expected_next_order_on,
    cast(valued.historic_value + {{ to_cents('valued.value_horizon') }} as decimal(18, 2)) as customer_equity,
    cast(valued.net_historic_value + {{ to_cents('valued.net_value_horizon') }} as decimal(18, 2))
        as net_customer_equity
from valued
cross join as_of
