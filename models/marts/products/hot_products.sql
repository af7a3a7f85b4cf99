{%- set tests = {
    'units': 'units', 'first_visit_share': 'first_visit_share', 'favourites': 'favourite_count', 'views': 'view_count'
} -%}
with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

thresholds as (
    select
        {% for test in tests -%}
        max(case when test = '{{ test }}' then smallest end) as smallest_{{ test }},
        {% endfor -%}
        count(*) as test_count
    from (
        {{ settings_of_shop(ref('hot_product_tests'), ['test'], ['test', 'smallest']) | indent(8) }}
    ) as of_shop
),

sold as (
    select
        lines.product_id,
        {{ week_of('lines.ordered_on') }} as week,
        sum(lines.quantity) as units,
        count(distinct lines.order_id) as order_count,
        count(distinct case when visits.is_first_visit is not null then lines.order_id end) as orders_seen,
        count(distinct case when visits.is_first_visit then lines.order_id end) as first_visit_orders
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('first_visits') }} as visits
        on lines.order_id = visits.order_id
        and lines.product_id = visits.product_id
    where not lines.is_charge
    group by lines.product_id, {{ week_of('lines.ordered_on') }}
),

seen as (
    select
        product_id,
        {{ week_of('occurred_on') }} as week,
        count(case when event_type = 'favourite' then 1 end) as favourite_count,
        count(case when event_type = 'view' then 1 end) as view_count
    from {{ ref('fct_web_events') }}
    where product_id is not null
    group by product_id, {{ week_of('occurred_on') }}
),

weeks_seen as (
    select
        min(week) as first_week,
        max(week) as last_week
    from seen
),

weeks as (
    select
        coalesce(sold.product_id, seen.product_id) as product_id,
        coalesce(sold.week, seen.week) as week,
        coalesce(sold.units, 0) as units,
        coalesce(sold.order_count, 0) as order_count,
        cast({{ ratio('sold.first_visit_orders', 'sold.orders_seen') }} as decimal(9, 6)) as first_visit_share,
        seen.favourite_count,
        seen.view_count
    from sold
    full outer join seen
        on sold.product_id = seen.product_id
        and sold.week = seen.week
),

-- Before anybody watched, and since nobody does, it is not known what was looked at.
known as (
    select
        weeks.product_id,
        weeks.week,
        weeks.units,
        weeks.order_count,
        weeks.first_visit_share,
        case
            when weeks.week between weeks_seen.first_week and weeks_seen.last_week
                then coalesce(weeks.favourite_count, 0)
        end as favourite_count,
        case
            when weeks.week between weeks_seen.first_week and weeks_seen.last_week then coalesce(weeks.view_count, 0)
        end as view_count
    from weeks
    cross join weeks_seen
    inner join {{ ref('dim_products') }} as products on weeks.product_id = products.product_id
    where not products.is_charge
),

judged as (
    select
        {% for test, value in tests.items() -%}
        known.{{ value }} >= thresholds.smallest_{{ test }} as has_{{ test }},
        {% endfor -%}
        known.*
    from known
    cross join thresholds
)

select
    judged.product_id,
    judged.week,
    {{ add_days('judged.week', 6) }} <= as_of.as_of_date as is_complete,
    cast(judged.order_count as int) as order_count,
    cast(judged.units as decimal(20, 3)) as units,
    judged.first_visit_share,
    cast(judged.favourite_count as int) as favourite_count,
    cast(judged.view_count as int) as view_count,
    {% for test in tests -%}
    judged.has_{{ test }},
    {% endfor -%}
    {% for test in tests -%}
    coalesce(judged.has_{{ test }}, true){{ ' and ' if not loop.last }}
    {%- endfor %} as is_hot
from judged
cross join as_of
