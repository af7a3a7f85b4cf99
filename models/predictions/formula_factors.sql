with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

histories as (
    select
        customer_id,
        count(*) as order_count,
        sum(case when order_number = 1 or days_since_previous_order > 0 then 1 else 0 end) as order_day_count,
        min(ordered_on) as first_order_on,
        {{ days_between('min(ordered_on)', 'max(ordered_on)') }} as active_days
    from {{ ref('fct_orders') }}
    where is_counted and customer_id is not null
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
)

select
    histories.customer_id,
    histories.order_count,
    cast(histories.order_day_count as bigint) as order_day_count,
    histories.order_count / nullif(
        greatest({{ ratio(days_between('histories.first_order_on', 'as_of.as_of_date'), '365.25') }}, shop.gap_years), 0
    ) as purchase_frequency,
    shop.lifespan_years
from histories
cross join as_of
cross join shop
