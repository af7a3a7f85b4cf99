with

customers as (
    select
        customers.*,
        coalesce(aliases.customer_id, customers.customer_id) as surviving_customer_id,
        as_of.as_of_date
    from {{ ref('judged_customers') }} as customers
    cross join {{ ref('stg_as_of') }} as as_of
    left join {{ ref('stg_customer_aliases') }} as aliases on customers.customer_id = aliases.account_id
    where
        customers.fate = 'accepted'
        and coalesce({{ local_date('customers.created_at') }} <= as_of.as_of_date, true)
        and {{ counts('customers.customer_id') }}
),

aged as (
    select
        *,
        cast(extract(year from as_of_date) - extract(year from birth_date) as int)
        - case
            when
                extract(month from as_of_date) * 100 + extract(day from as_of_date)
                < extract(month from birth_date) * 100 + extract(day from birth_date)
                then 1
            else 0
        end as age
    from customers
)

select
    aged.customer_id as account_id,
    aged.surviving_customer_id as customer_id,
    aged.created_at,
    age_bands.age_band,
    aged.gender,
    aged.income_band,
    aged.education,
    aged.country,
    aged.region,
    aged.acquisition_channel,
    aged.acquisition_campaign,
    case
        when left_out.account_id is null
            then coalesce(referrer_aliases.customer_id, aged.referred_by_customer_id)
    end as referred_by_customer_id,
    aged.merged_at,
    aged.marketing_consent
from aged
left join {{ ref('age_bands') }} as age_bands on aged.age between age_bands.from_age and age_bands.to_age
left join {{ ref('stg_customer_aliases') }} as referrer_aliases
    on aged.referred_by_customer_id = referrer_aliases.account_id
left join {{ ref('stg_customers_left_out') }} as left_out on aged.referred_by_customer_id = left_out.account_id
