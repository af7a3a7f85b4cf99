-- What it is: the last rule holds for all, each stage can be reached, and no rule ends before it begins.
-- When it matters: a rule was added or its order changed; whoever no rule holds for would be in no stage.
-- How to resolve it: the row below, in lifecycle_rules.csv.
with

rules as (
    select * from {{ ref('lifecycle_rules') }}
),

last_place as (
    select max(place) as place from rules
),

stages as (
    {% for stage in ['prospect', 'new', 'growing', 'mature', 'declining', 'dormant', 'lost', 'returned'] -%}
    select '{{ stage }}' as lifecycle_stage
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    'lifecycle_rules.csv, row ' || cast(rules.place as string) || ': the last rule must hold for all (no bound)'
        as problem
from rules
inner join last_place on rules.place = last_place.place
where
    coalesce(
        rules.from_purchases, rules.until_purchases, rules.from_quiet, rules.until_quiet,
        rules.from_pause, rules.until_pause, rules.from_pace, rules.until_pace
    ) is not null
union all
select
    'lifecycle_rules.csv, row ' || cast(rules.place as string) || ': a bound ends before it begins' as problem
from rules
where
    rules.from_purchases >= rules.until_purchases
    or rules.from_quiet >= rules.until_quiet
    or rules.from_pause >= rules.until_pause
    or rules.from_pace >= rules.until_pace
union all
select
    'lifecycle_rules.csv, row ' || cast(rules.place as string) || ': nobody comes to it, the row before holds for all'
        as problem
from rules
inner join last_place on rules.place < last_place.place
where
    coalesce(
        rules.from_purchases, rules.until_purchases, rules.from_quiet, rules.until_quiet,
        rules.from_pause, rules.until_pause, rules.from_pace, rules.until_pace
    ) is null
union all
select 'lifecycle_rules.csv: no row for ' || stages.lifecycle_stage || ': each stage needs a rule' as problem
from stages
left join rules on stages.lifecycle_stage = rules.lifecycle_stage
where rules.place is null
union all
select 'lifecycle_rules.csv: the rules are gone; the last must hold for all' as problem
from last_place
where place is null
