with

candidates as (
    select
        *,
        {{ cents_of('value_at_risk', retention_rule('saved_share')) }} as most_worth_spending
    from {{ ref('retention_candidates') }}
),

-- Who has refused is never written to; who was not asked, by the settings.
worth_keeping as (
    select *
    from candidates
    where
        chance_gone >= {{ retention_rule('smallest_chance_gone') }}
        and chance_gone <= {{ retention_rule('largest_chance_gone') }}
        and quiet_gaps >= {{ retention_rule('smallest_quiet') }}
        and most_worth_spending >= {{ retention_rule('smallest_spend') }}
        and (
            marketing_consent
            or (marketing_consent is null and {{ retention_rule('listed_without_consent') }} = 1)
        )
),

ranked as (
    select
        *,
        row_number() over (order by value_at_risk desc, customer_id) as list_rank
    from worth_keeping
),

actions as (
    select * from {{ ref('retention_actions') }}
)

select
    ranked.customer_id,
    as_of.as_of_date as listed_on,
    cast(ranked.list_rank as int) as list_rank,
    ranked.lifecycle_stage,
    ranked.chance_gone,
    ranked.value_if_alive,
    ranked.value_at_risk,
    ranked.most_worth_spending,
    ranked.reason,
    'no order for ' || cast(ranked.recency_days as string) || ' days, expected every '
    || cast(cast(round(ranked.rhythm_days, 0) as int) as string)
    || case ranked.reason
        when 'trouble' then ', after a return or complaint'
        when 'bought once' then ', bought once only'
        when 'comes for the price' then ', buys mostly at a discount'
        else ''
    end as reason_in_words,
    coalesce(of_stage.action, of_all.action) as action,
    -- Whoever has been listed stays where their first list put them, merged or not: retention_effect counts them there.
    coalesce(
        listings.is_held_out,
        {{ drawn_by_hash('ranked.customer_id', 'retention holdout') }} < {{ retention_rule('holdout_share') }}
    ) as is_held_out
from ranked
cross join {{ ref('dim_as_of') }} as as_of
left join {{ ref('listings') }} as listings on ranked.customer_id = listings.customer_id
left join actions as of_stage
    on ranked.lifecycle_stage = of_stage.lifecycle_stage
    and ranked.reason = of_stage.reason
left join actions as of_all
    on of_all.lifecycle_stage = '*'
    and ranked.reason = of_all.reason
where ranked.list_rank <= {{ retention_rule('list_length') }}
