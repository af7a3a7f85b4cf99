with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

sessions as (
    select
        customer_id,
        session_id,
        max(occurred_on) as visited_on,
        cast(floor({{ seconds_between('min(occurred_at)', 'max(occurred_at)') }}) as bigint) as seconds
    from {{ ref('recognised_events') }}
    where session_id is not null
    group by customer_id, session_id
),

dated as (
    select
        sessions.*,
        {{ days_between('sessions.visited_on', 'as_of.as_of_date') }} as days_ago
    from sessions
    cross join as_of
)

select
    sessions.customer_id,
    max(sessions.visited_on) as last_visited_on,
    cast(sum(case when sessions.days_ago < {{ segment_rule('visit_days') }} then 1 else 0 end) as int) as visit_count,
    -- Whole seconds add up to the same in any order.
    sum(case
        when sessions.days_ago < {{ segment_rule('visit_days') }}
            then greatest(sessions.seconds, cast({{ segment_rule('visit_minutes') }} * 60 as bigint))
        else 0
    end) / 60 as visit_minutes
from dated as sessions
group by sessions.customer_id
