-- What it is: an activity draws on one pool and is counted by one driver, at all times.
-- When it matters: an activity in two pools would be paid for twice.
-- How to resolve it: give the activity another name from the day it changes.
select
    'cost_rates.csv, rows ' || shop || ', ' || activity || ': they name '
    || case
        when min(pool) <> max(pool) then 'the pools ' || min(pool) || ' and ' || max(pool)
        else 'the drivers ' || min(driver) || ' and ' || max(driver)
    end
    || '; an activity belongs to one' as problem
from {{ ref('cost_rates') }}
group by shop, activity
having min(pool) <> max(pool) or min(driver) <> max(driver)
