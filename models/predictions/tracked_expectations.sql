{#- What a newcomer is expected to order within so many days, by the winning model as fitted to the latest cut. -#}
with

latest as (
    select max(cut_on) as cut_on
    from {{ ref('past_fits') }}
),

span as (
    select {{ days_between('min(days.ordered_on)', 'max(as_of.as_of_date)') }} as days
    from {{ ref('order_values') }} as days
    cross join {{ ref('dim_as_of') }} as as_of
),

newcomers as (
    select
        fits.cut_on,
        fits.model,
        fits.r,
        fits.alpha,
        fits.a,
        fits.b,
        fits.s,
        fits.beta,
        numbers.number as days,
        0 as repeats,
        0 as recency_days,
        0 as age_days
    from {{ ref('past_fits') }} as fits
    inner join latest on fits.cut_on = latest.cut_on
    inner join {{ ref('winning_candidate') }} as winner on fits.model = winner.buying_model
    cross join ({{ whole_numbers(36525) }}) as numbers
    cross join span
    where
        fits.value_basis is null
        and numbers.number between 1 and span.days
),

alive as (
    {{ probabilities_alive('newcomers', ['cut_on', 'model', 'days']) }}
),

{%- set weeks = '(days / ' ~ double(7) ~ ')' %}

orders as (
    {{ orders_if_alive('newcomers', ['cut_on', 'model', 'days'], {'orders_if_alive': [(weeks, 1)]}, weeks) }}
)

select
    orders.cut_on,
    orders.model,
    orders.days,
    orders.orders_if_alive * alive.probability_alive as expected_orders
from orders
inner join alive on orders.days = alive.days
