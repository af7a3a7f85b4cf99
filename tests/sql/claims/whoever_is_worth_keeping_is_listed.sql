-- What it is: a customer who is slipping away and, by the settings (retention_rules), worth keeping, and is not on the
-- retention list, although it is not full of customers with as much at risk.
-- When it matters: always; nobody would call them.
-- How to resolve it: departures and retention_candidates of the customers below, then retention_list.
with

worth_keeping as (
    select
        customer_id,
        value_at_risk
    from {{ ref('retention_candidates') }}
    where
        chance_gone between {{ retention_rule('smallest_chance_gone') }} and {{ retention_rule('largest_chance_gone') }}
        and quiet_gaps >= {{ retention_rule('smallest_quiet') }}
        and {{ cents_of('value_at_risk', retention_rule('saved_share')) }} >= {{ retention_rule('smallest_spend') }}
        and coalesce(marketing_consent, {{ retention_rule('listed_without_consent') }} = 1)
),

listed as (
    select
        count(*) as customer_count,
        min(value_at_risk) as least_at_risk
    from {{ ref('retention_list') }}
)

select
    worth_keeping.customer_id,
    worth_keeping.value_at_risk
from worth_keeping
cross join listed
left join {{ ref('retention_list') }} as list on worth_keeping.customer_id = list.customer_id
where
    list.customer_id is null
    and (
        listed.customer_count < {{ retention_rule('list_length') }}
        or worth_keeping.value_at_risk > listed.least_at_risk
    )
