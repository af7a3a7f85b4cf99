with

customers as (
    select *
    from {{ ref('stg_customers') }}
    where account_id = customer_id
),

-- Whoever is named anywhere is a customer, listed or not.
named as (
    select customer_id from {{ ref('fct_customers_first_seen') }}
),

-- Who has refused by any of their accounts has refused, whichever account they keep and whatever the others say.
accounts as (
    select
        customer_id,
        count(*) as account_count,
        bool_and(marketing_consent) as marketing_consent
    from {{ ref('stg_customers') }}
    group by customer_id
),

acquisitions as (
    select * from {{ ref('int_customer_acquisition') }}
)

select
    named.customer_id,
    customers.customer_id is null as is_inferred,
    cast(coalesce(accounts.account_count, 0) as int) as account_count,
    customers.created_at,
    customers.age_band,
    customers.gender,
    customers.income_band,
    customers.education,
    customers.country,
    customers.region,
    case when customers.referred_by_customer_id <> named.customer_id then customers.referred_by_customer_id end
        as referred_by_customer_id,
    accounts.marketing_consent,
    acquisitions.acquired_on,
    {{ month_of('acquisitions.acquired_on') }} as acquired_month,
    acquisitions.channel as acquisition_channel,
    acquisitions.campaign as acquisition_campaign
from named
left join customers on named.customer_id = customers.customer_id
left join accounts on named.customer_id = accounts.customer_id
left join acquisitions on named.customer_id = acquisitions.customer_id
