with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

-- By intention to treat: whether anybody did write to them is not asked. Only who has had the whole time counts.
observed as (
    select
        listings.customer_id,
        listings.reason,
        listings.is_held_out,
        listings.listed_on,
        {{ add_days('listings.listed_on', retention_rule('outcome_days')) }} as observed_until
    from {{ ref('listings') }} as listings
    cross join as_of
    where {{ add_days('listings.listed_on', retention_rule('outcome_days')) }} <= as_of.as_of_date
),

outcomes as (
    select
        observed.customer_id,
        observed.reason,
        observed.is_held_out,
        -- Wide, since it is squared.
        cast(coalesce(sum(orders.contribution_2), 0) as decimal(20, 2)) as contribution,
        case when count(orders.order_id) > 0 then 1 else 0 end as has_ordered
    from observed
    left join {{ ref('order_profit') }} as orders
        on observed.customer_id = orders.customer_id
        and orders.ordered_on > observed.listed_on
        and orders.ordered_on <= observed.observed_until
    group by observed.customer_id, observed.reason, observed.is_held_out
),

reasons as (
    select '*' as reason
    union all
    select distinct reason from {{ ref('retention_actions') }}
),

of_reasons as (
    select
        reasons.reason,
        outcomes.contribution,
        outcomes.has_ordered,
        cast(outcomes.contribution * outcomes.contribution as decimal(38, 4)) as squared,
        not outcomes.is_held_out as is_treated,
        outcomes.is_held_out
    from reasons
    left join outcomes on reasons.reason = outcomes.reason or reasons.reason = '*'
),

summed as (
    select
        reason,
        {% for group in ['treated', 'held_out'] -%}
        count(case when is_{{ group }} then 1 end) as {{ group }}_customers,
        sum(case when is_{{ group }} then contribution end) as {{ group }}_sum,
        sum(case when is_{{ group }} then squared end) as {{ group }}_squares,
        sum(case when is_{{ group }} then has_ordered end) as {{ group }}_ordered,
        {% endfor -%}
        count(*) as listed_count
    from of_reasons
    group by reason
),

measured as (
    select
        reason,
        {% for group in ['treated', 'held_out'] -%}
        {{ group }}_customers,
        {{ ratio(group ~ '_sum', group ~ '_customers') }} as {{ group }}_mean,
        {{ ratio(group ~ '_squares', group ~ '_customers') }} as {{ group }}_mean_square,
        {{ ratio(group ~ '_ordered', group ~ '_customers') }} as {{ group }}_ordered_share,
        {% endfor -%}
        listed_count
    from summed
),

-- The variance of each mean, from as many customers less one; unknown for one alone.
spread as (
    select
        *,
        treated_mean - held_out_mean as difference,
        1.96 * sqrt(
            {% for group in ['treated', 'held_out'] -%}
            greatest({{ group }}_mean_square - {{ group }}_mean * {{ group }}_mean, 0)
            / nullif({{ group }}_customers - 1, 0){{ ' + ' if not loop.last }}
            {% endfor %}
        ) as half_width
    from measured
)

select
    reason,
    cast(treated_customers as int) as treated_customers,
    cast(held_out_customers as int) as held_out_customers,
    {{ to_cents('treated_mean') }} as treated_contribution,
    {{ to_cents('held_out_mean') }} as held_out_contribution,
    {{ to_cents('difference') }} as difference,
    {{ to_cents('difference - half_width') }} as difference_low,
    {{ to_cents('difference + half_width') }} as difference_high,
    cast(treated_ordered_share as decimal(9, 6)) as treated_ordered_share,
    cast(held_out_ordered_share as decimal(9, 6)) as held_out_ordered_share
from spread
