-- What it is: each reason for being on the retention list has an action for every stage (*).
-- When it matters: a row was deleted; whoever is listed for that reason would have nothing done about it.
-- How to resolve it: retention_actions.csv.
with

reasons as (
    {% for reason in ['trouble', 'bought once', 'comes for the price', 'late'] -%}
    select '{{ reason }}' as reason
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    'retention_actions.csv: no row *, ' || reasons.reason || ': each reason needs an action for every stage' as problem
from reasons
left join {{ ref('retention_actions') }} as actions
    on reasons.reason = actions.reason
    and actions.lifecycle_stage = '*'
where actions.reason is null
