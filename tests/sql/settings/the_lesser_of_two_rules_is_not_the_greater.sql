-- What it is: of two rules between which something lies, the lesser is above the greater.
-- When it matters: one of the two was changed; no number of clusters is left and the fit stops, or nobody is listed.
-- How to resolve it: the row below.
with

bounds as (
    select 'segment_rules' as settings, 'fewest_clusters' as lesser, 'most_clusters' as greater
    union all
    select 'segment_rules' as settings, 'impulse_hours' as lesser, 'planner_hours' as greater
    union all
    select 'retention_rules' as settings, 'smallest_chance_gone' as lesser, 'largest_chance_gone' as greater
),

rules as (
    select 'segment_rules' as settings, rule, rule_value from {{ ref('segment_rules') }}
    union all
    select 'retention_rules' as settings, rule, rule_value from {{ ref('retention_rules') }}
)

select
    bounds.settings || '.csv, row ' || bounds.greater || ': ' || cast(greater.rule_value as string) || ' is below '
    || bounds.lesser || ', ' || cast(lesser.rule_value as string) as problem
from bounds
inner join rules as lesser
    on bounds.settings = lesser.settings
    and bounds.lesser = lesser.rule
inner join rules as greater
    on bounds.settings = greater.settings
    and bounds.greater = greater.rule
where lesser.rule_value > greater.rule_value
