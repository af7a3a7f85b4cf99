-- What it is: a channel that channel_efficiency looks at in one of the last months that are over (settings:
-- efficiency_months), and next_spend does not.
-- When it matters: always; where the next unit of money would earn most is asked of all channels.
-- How to resolve it: channel_efficiency of the channel, then the joins of next_spend.
with

complete as (
    select
        channel,
        month,
        max(month) over () as last_month
    from {{ ref('channel_efficiency') }}
    where is_complete
)

select complete.channel
from complete
inner join {{ ref('marketing_rules') }} as rules
    on rules.rule = 'efficiency_months'
    and {{ months_between('complete.month', 'complete.last_month') }} < rules.rule_value
except
select channel
from {{ ref('next_spend') }}
