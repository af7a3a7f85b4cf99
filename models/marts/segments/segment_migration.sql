{%- set columns = segment_dimensions().values() | join(', ') -%}
{%- set same_segments = [] -%}
{%- for column in segment_dimensions().values() -%}
{%- do same_segments.append('segments.' ~ column ~ ' is not distinct from sets.' ~ column) -%}
{%- endfor -%}
with

first_month_end as (
    select min(month_end) as month_end from {{ ref('customer_segments_monthly') }}
),

-- The same few sets of segments come again with other customers, month for month: who moves, moves between two numbers.
sets as (
    select
        {{ columns }},
        row_number() over (order by {{ columns }}) as set_number
    from (select distinct {{ columns }} from {{ ref('customer_segments_monthly') }}) as found
),

numbered as (
    select
        segments.customer_id,
        segments.month_end,
        sets.set_number
    from {{ ref('customer_segments_monthly') }} as segments
    inner join sets
        on {{ same_segments | join('\n        and ') }}
),

-- Who is here at a month end and was not at the one before has come since.
moves as (
    select
        numbered.month_end,
        before.set_number as from_number,
        numbered.set_number as to_number,
        count(*) as customer_count
    from numbered
    inner join first_month_end on numbered.month_end > first_month_end.month_end
    left join numbered as before
        on numbered.customer_id = before.customer_id
        and before.month_end = last_day({{ add_months('numbered.month_end', -1) }})
    group by numbered.month_end, before.set_number, numbered.set_number
),

moved as (
    select
        {{ month_of('moves.month_end') }} as month,
        moves.from_number is null as is_new_customer,
        {% for column in segment_dimensions().values() -%}
        before.{{ column }} as from_{{ column }},
        sets.{{ column }} as to_{{ column }},
        {% endfor -%}
        moves.customer_count
    from moves
    inner join sets on moves.to_number = sets.set_number
    left join sets as before on moves.from_number = before.set_number
),

counted as (
    {% for dimension, column in segment_dimensions().items() -%}
    select
        month,
        '{{ dimension }}' as dimension,
        is_new_customer,
        from_{{ column }} as from_segment,
        to_{{ column }} as to_segment,
        sum(customer_count) as customer_count
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
