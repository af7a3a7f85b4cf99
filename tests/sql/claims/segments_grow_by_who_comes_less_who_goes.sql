-- What it is: a segment at a month end is who was in it before, plus who came, less who left; and nobody is lost.
-- When it matters: a customer is at a month end twice, or vanished between two.
-- How to resolve it: customer_segments_monthly of the month and the one before.
with

held as (
    {% for dimension, column in segment_dimensions().items() -%}
    select
        {{ month_of('month_end') }} as month,
        '{{ dimension }}' as dimension,
        {{ column }} as segment,
        count(*) as customer_count
    from {{ ref('customer_segments_monthly') }}
    group by month_end, {{ column }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

first_month as (
    select min(month) as month from held
),

arrived as (
    select
        month,
        dimension,
        to_segment as segment,
        sum(customer_count) as customer_count
    from {{ ref('segment_migration') }}
    group by month, dimension, to_segment
),

left_from as (
    select
        {{ add_months('month', -1) }} as month,
        dimension,
        from_segment as segment,
        sum(customer_count) as customer_count
    from {{ ref('segment_migration') }}
    where not is_new_customer
    group by month, dimension, from_segment
),

last_month as (
    select max(month) as month from held
),

held_after as (
    select held.*
    from held
    inner join first_month on held.month > first_month.month
),

held_before as (
    select held.*
    from held
    inner join last_month on held.month < last_month.month
),

compared as (
    select
        'at the end of' as what,
        coalesce(held.month, arrived.month) as month,
        coalesce(held.dimension, arrived.dimension) as dimension,
        coalesce(held.segment, arrived.segment) as segment,
        held.customer_count as held_count,
        arrived.customer_count as moved_count
    from held_after as held
    full outer join arrived
        on held.month = arrived.month
        and held.dimension = arrived.dimension
        and held.segment is not distinct from arrived.segment
    union all
    select
        'after' as what,
        coalesce(held.month, left_from.month) as month,
        coalesce(held.dimension, left_from.dimension) as dimension,
        coalesce(held.segment, left_from.segment) as segment,
        held.customer_count as held_count,
        left_from.customer_count as moved_count
    from held_before as held
    full outer join left_from
        on held.month = left_from.month
        and held.dimension = left_from.dimension
        and held.segment is not distinct from left_from.segment
)

select *
from compared
where held_count is distinct from moved_count
