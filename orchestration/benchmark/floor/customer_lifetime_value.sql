-- What a customer has brought, and the textbook's formula: value of an order × orders a year × years.
create or replace table floor.customer_lifetime_value as
with

shop as (
    select
        sum(last_order_on - first_order_on) / nullif(sum(order_count - 1) * 365.25::double, 0) as gap_years,
        sum(last_order_on - first_order_on) / nullif(least(sum(order_count - 1), count(*)) * 365.25::double, 0)
            as lifespan_years
    from floor.customer_profit where order_count > 0
),

measured as (
    select
        customer_id,
        contribution_2 as historic_value,
        contribution_2::double / nullif(order_count, 0) as average,
        nullif(order_count, 0) / nullif(greatest((as_of_date - first_order_on) / 365.25::double, gap_years), 0)
            as purchase_frequency,
        case when order_count > 0 then lifespan_years end as lifespan_years
    from floor.customer_profit cross join shop cross join warehouse.core.dim_as_of
)

select
    customer_id,
    historic_value,
    round(average::decimal(28, 6), 2)::decimal(18, 2) as average_order_value,
    purchase_frequency,
    lifespan_years,
    round((average * purchase_frequency * lifespan_years)::decimal(28, 6), 2)::decimal(18, 2) as formula_value
from measured
