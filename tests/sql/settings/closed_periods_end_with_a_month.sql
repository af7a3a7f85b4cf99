-- What it is: a locked period is named by its last month, and a month by its first day.
-- When it matters: a day within a month would lock half of it, and the statement knows whole months only.
-- How to resolve it: write the first day of the last locked month into closed_periods.csv.
select
    'closed_periods.csv, row ' || shop || ': locked_through is ' || cast(locked_through as string)
    || ', and must be the first day of a month' as problem
from {{ ref('closed_periods') }}
where locked_through <> {{ month_of('locked_through') }}
