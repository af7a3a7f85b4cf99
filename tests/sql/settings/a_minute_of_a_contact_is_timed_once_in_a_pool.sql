-- What it is: no pool has activities that time contacts of every channel beside one that times those of one channel.
-- When it matters: a minute on the telephone would use the pool's capacity twice, and cost twice.
-- How to resolve it: give each channel its own row, or let the channel's row be a surcharge without minutes_per_unit.
with

timed as (
    select *
    from {{ ref('cost_rates') }}
    where minutes_per_unit is not null
)

select
    'cost_rates.csv, row ' || of_channel.shop || ', ' || of_channel.activity || ', from '
    || cast(of_channel.valid_from as string) || ': its driver ' || of_channel.driver || ' is counted in '
    || of_all.activity || ' as well, by ' || of_all.driver as problem
from timed as of_channel
inner join timed as of_all
    on of_channel.shop = of_all.shop
    and of_channel.pool = of_all.pool
    and substring(of_channel.driver, 1, length(of_all.driver) + 1) = concat(of_all.driver, ':')
    and of_channel.valid_from < coalesce(of_all.valid_until, date '9999-12-31')
    and of_all.valid_from < coalesce(of_channel.valid_until, date '9999-12-31')
