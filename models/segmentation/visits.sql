with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

sessions as (
    select
        customer_id,
        session_id,
        max(occurred_on) as visited_on,
        {{ seconds_between('min(occurred_at)', 'max(occurred_at)') }} / 60 as minutes
    from {{ ref('fct_web_events') }}
    where customer_id is not null and session_id is not null
    group by customer_id, session_id
)

select
    sessions.customer_id,
    max(sessions.visited_on) as last_visited_on,
    cast(count(*) filter (where {{ days_between('sessions.visited_on', 'as_of.as_of_date') }}
        < {{ segment_rule('visit_days') }}) as int) as visit_count,
    sum(case
        when {{ days_between('sessions.visited_on', 'as_of.as_of_date') }} < {{ segment_rule('visit_days') }}
            then greatest(sessions.minutes, {{ segment_rule('visit_minutes') }})
        else 0
    end) as visit_minutes
from sessions
cross join as_of
group by sessions.customer_id
