with

rates as (
    select
        currency,
        rate_date,
        rate_to_reporting,
        lead(rate_date) over (partition by currency order by rate_date) as next_rate_date
    from {{ ref('judged_fx_rates') }}
    where fate = 'accepted'
),

-- Markets close at weekends and on holidays: a rate holds until the next one, but for seven days at most.
days_carried as (
    {{ whole_numbers(8) }}
),

carried_forward as (
    select
        rates.currency,
        {{ add_days('rates.rate_date', 'days_carried.number') }} as rate_on,
        rates.next_rate_date,
        rates.rate_to_reporting
    from rates
    cross join days_carried
)

select
    currency,
    rate_on,
    rate_to_reporting
from carried_forward
where next_rate_date is null or rate_on < next_rate_date
