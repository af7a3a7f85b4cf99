{%- set bounded = {'purchases': 'purchase_count', 'quiet': 'quiet', 'pause': 'pause', 'pace': 'pace'} -%}
with

settings as (
    select
        max(case when rule = 'shop_gaps' then rule_value end) as shop_gaps,
        max(case when rule = 'gap_where_unknown' then rule_value end) as gap_where_unknown
    from {{ ref('segment_rules') }}
),

measures as (
    select * from {{ ref('customer_day_measures') }}
),

paced as (
    select
        measures.customer_id,
        measures.as_of_date,
        measures.purchase_count,
        measures.recency_days,
        measures.last_gap_days,
        {{ ratio('measures.recent_gap_days', 'measures.own_gap_days') }} as pace,
        measures.purchase_count - 1 as gap_count,
        measures.own_gap_days,
        coalesce(shop.shop_gap_days, settings.gap_where_unknown) as shop_gap_days,
        settings.shop_gaps
    from measures
    cross join settings
    left join {{ ref('shop_rhythms') }} as shop on measures.as_of_date = shop.as_of_date
),

-- Few gaps say little: the shop's median weighs as much as a number of the customer's own.
drawn as (
    select
        *,
        greatest(1, case
            when own_gap_days is null then shop_gap_days
            else (shop_gaps * shop_gap_days + gap_count * own_gap_days) / (shop_gaps + gap_count)
        end) as rhythm_days
    from paced
),

-- Cut to decimals: a rule must not hang on the last bit of a double.
measured as (
    select
        customer_id,
        as_of_date,
        purchase_count,
        case when purchase_count > 0 then cast(rhythm_days as decimal(18, 4)) end as rhythm_days,
        cast(recency_days / rhythm_days as decimal(18, 4)) as quiet,
        cast(last_gap_days / rhythm_days as decimal(18, 4)) as pause,
        cast(pace as decimal(18, 4)) as pace
    from drawn
),

first_rules as (
    select
        measured.customer_id,
        measured.as_of_date,
        min(rules.place) as place
    from measured
    inner join {{ ref('lifecycle_rules') }} as rules
        on {% for measure, column in bounded.items() -%}
        (rules.from_{{ measure }} is null or measured.{{ column }} >= rules.from_{{ measure }})
        and (rules.until_{{ measure }} is null or measured.{{ column }} < rules.until_{{ measure }})
        and {% endfor -%}
        rules.place is not null
    group by measured.customer_id, measured.as_of_date
)

select
    measured.customer_id,
    measured.as_of_date,
    measured.rhythm_days,
    measured.quiet as quiet_gaps,
    measured.pause as pause_gaps,
    measured.pace,
    rules.lifecycle_stage
from measured
inner join first_rules
    on measured.customer_id = first_rules.customer_id
    and measured.as_of_date = first_rules.as_of_date
inner join {{ ref('lifecycle_rules') }} as rules on first_rules.place = rules.place
