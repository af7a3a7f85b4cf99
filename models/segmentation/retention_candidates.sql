with

values_at_risk as (
    select
        lifetime.customer_id,
        departures.chance_gone,
        {{ to_cents(ratio('lifetime.predicted_value_365d', 'lifetime.probability_alive')) }} as value_if_alive
    from {{ ref('customer_lifetime_value') }} as lifetime
    inner join {{ ref('departures') }} as departures on lifetime.customer_id = departures.customer_id
),

-- Trouble that was forgiven, or of which it is too early to say, is no reason.
loyalty as (
    select
        customer_id,
        coalesce(forgiven_share < 1, false) as had_trouble,
        coalesce(discount_share >= {{ retention_rule('price_sensitive_share') }}, false) as comes_for_the_price
    from {{ ref('customer_loyalty') }}
)

select
    segments.customer_id,
    segments.lifecycle_stage,
    segments.recency_days,
    segments.rhythm_days,
    segments.quiet_gaps,
    customers.marketing_consent,
    cast(values_at_risk.chance_gone as decimal(9, 6)) as chance_gone,
    values_at_risk.value_if_alive,
    {{ cents('values_at_risk.value_if_alive * cast(values_at_risk.chance_gone as decimal(19, 6))') }} as value_at_risk,
    case
        when loyalty.had_trouble then 'trouble'
        when segments.order_count = 1 then 'bought once'
        when loyalty.comes_for_the_price then 'comes for the price'
        else 'late'
    end as reason
from {{ ref('segments_tonight') }} as segments
inner join values_at_risk on segments.customer_id = values_at_risk.customer_id
inner join loyalty on segments.customer_id = loyalty.customer_id
inner join {{ ref('dim_customers') }} as customers on segments.customer_id = customers.customer_id
