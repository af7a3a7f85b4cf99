{%- set measures = [
    ('current', 'contribution', 'measures.contribution_2_last_12_months'),
    ('future', 'prediction', 'lifetime.predicted_value_365d'),
    ('credit', 'payments', 'credit.good_share'),
    ('loyalty', 'repeat orders', 'loyalty.repeat_order_count'),
    ('loyalty', 'categories', 'loyalty.category_count'),
    ('loyalty', 'satisfaction', 'loyalty.satisfaction'),
    ('loyalty', 'visits', 'loyalty.visit_count'),
    ('growth', 'trend', 'measures.contribution_2_last_12_months - measures.contribution_2_previous_12_months'),
    ('growth', 'frequency', 'rooms.frequency_room'),
    ('growth', 'breadth', 'rooms.breadth_room')
] -%}
with

side_by_side as (
    select
        {% for part, measure, value in measures -%}
        cast({{ value }} as decimal(28, 6)) as amount_{{ loop.index }},
        {% endfor -%}
        measures.customer_id
    from {{ ref('customer_day_measures') }} as measures
    inner join {{ ref('customer_lifetime_value') }} as lifetime on measures.customer_id = lifetime.customer_id
    inner join {{ ref('customer_loyalty') }} as loyalty on measures.customer_id = loyalty.customer_id
    left join {{ ref('credit_standings') }} as credit on measures.customer_id = credit.customer_id
    left join {{ ref('growth_rooms') }} as rooms on measures.customer_id = rooms.customer_id
    where measures.is_tonight and measures.order_count > 0
),

measured as (
    {% for part, measure, value in measures -%}
    select
        customer_id,
        '{{ part }}' as part,
        '{{ measure }}' as measure,
        amount_{{ loop.index }} as amount
    from side_by_side
    where amount_{{ loop.index }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- One order for all three, though the last needs none: rows are sorted once.
ranked as (
    select
        *,
        rank() over (partition by measure order by amount) - 1 as customers_below,
        count(*) over (partition by measure order by amount range between current row and current row) - 1 as equals,
        count(*) over (
            partition by measure order by amount rows between unbounded preceding and unbounded following
        ) - 1 as others
    from measured
)

-- Equals share the middle of their places: half of the equals stand below.
select
    customer_id,
    part,
    measure,
    amount,
    cast({{ ratio('2 * customers_below + equals', '2 * others') }} as decimal(9, 6)) as percentile
from ranked
