-- What it is: generations count from 1 without a gap, each gets half of what the one before gets, and all together at
-- most half of a customer's profit.
-- When it matters: otherwise more would move away from a customer than stays.
-- How to resolve it: give generation 1 at most 0.25, and each further one half of the one before.
with

ordered as (
    select
        generation,
        share,
        lag(generation) over (order by generation) as previous_generation,
        lag(share) over (order by generation) as previous_share,
        sum(share) over (order by generation rows between unbounded preceding and current row) as shares_until_here
    from {{ ref('referral_shares') }}
),

problems as (
    select
        generation,
        case
            when generation <> coalesce(previous_generation, 0) + 1 then 'generations must count 1, 2, 3 without a gap'
            when generation > {{ generations_followed() }}
                then 'only {{ generations_followed() }} generations are followed'
            when abs(share * 2 - previous_share) > 0.000001 then 'it must be half of the generation before'
            when shares_until_here > 0.5 then 'the shares until here add up to more than a half'
        end as problem
    from ordered
)

select 'referral_shares.csv, row ' || cast(generation as string) || ': ' || problem as problem
from problems
where problem is not null
