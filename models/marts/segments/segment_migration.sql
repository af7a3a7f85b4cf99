with

segments as (
    select * from {{ ref('customer_segments_monthly') }}
),

first_month_end as (
    select min(month_end) as month_end from segments
),

-- Who is here at a month end and was not at the one before has come since.
moved as (
    select
        {{ month_of('segments.month_end') }} as month,
        before.customer_id is null as is_new_customer,
        {% for column in segment_dimensions().values() -%}
        before.{{ column }} as from_{{ column }},
        segments.{{ column }} as to_{{ column }},
        {% endfor -%}
        segments.customer_id
    from segments
    inner join first_month_end on segments.month_end > first_month_end.month_end
    left join segments as before
        on segments.customer_id = before.customer_id
        and before.month_end = last_day({{ add_months('segments.month_end', -1) }})
),

counted as (
    {% for dimension, column in segment_dimensions().items() -%}
    select
        month,
        '{{ dimension }}' as dimension,
        is_new_customer,
        from_{{ column }} as from_segment,
        to_{{ column }} as to_segment,
        count(*) as customer_count
    from moved
    group by month, is_new_customer, from_{{ column }}, to_{{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    counted.month,
    counted.dimension,
    counted.is_new_customer,
    counted.from_segment,
    counted.to_segment,
    cast(counted.customer_count as int) as customer_count,
    cast(counted.customer_count - coalesce(opposite.customer_count, 0) as int) as net_count
from counted
left join counted as opposite
    on counted.month = opposite.month
    and counted.dimension = opposite.dimension
    and counted.from_segment is not distinct from opposite.to_segment
    and counted.to_segment is not distinct from opposite.from_segment
    and not counted.is_new_customer
    and not opposite.is_new_customer
