with

profits as (
    select
        customer_id,
        contribution_2_last_12_months
    from {{ ref('customer_profit') }}
),

earners as (
    select
        customer_id,
        sum(contribution_2_last_12_months) over (
            order by contribution_2_last_12_months desc, customer_id
            rows between unbounded preceding and current row
        ) - contribution_2_last_12_months as earned_before,
        sum(contribution_2_last_12_months) over () as earned_by_all
    from profits
    where contribution_2_last_12_months > 0
),

-- A customer belongs to the tier in which they begin: the one who crosses a cut still counts above it.
tiers as (
    select
        earners.customer_id,
        cutoffs.abc_tier
    from earners
    inner join {{ ref('abc_cutoffs') }} as cutoffs
        on earners.earned_before >= cast(earners.earned_by_all * cutoffs.from_share as decimal(38, 6))
        and earners.earned_before < cast(earners.earned_by_all * cutoffs.to_share as decimal(38, 6))
)

select
    profits.customer_id,
    profits.contribution_2_last_12_months,
    case
        when profits.contribution_2_last_12_months < 0 then 'loss'
        when profits.contribution_2_last_12_months = 0 then 'C'
        else tiers.abc_tier
    end as abc_tier
from profits
left join tiers on profits.customer_id = tiers.customer_id
