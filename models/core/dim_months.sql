with

as_of as (
    select as_of_month from {{ ref('dim_as_of') }}
),

first_month as (
    select min(month) as month
    from (
        select min(month) as month from {{ ref('fct_orders') }}
        union all
        select min(month) as month from {{ ref('fct_refunds') }}
        union all
        select min(month) as month from {{ ref('fct_marketing_spend') }}
        union all
        select min(month) as month from {{ ref('fct_cost_pools') }}
        union all
        select min(month) as month from {{ ref('fct_service_contacts') }}
        union all
        select min(month) as month from {{ ref('fct_loyalty_events') }}
    ) as first_months
),

-- A century of months is longer than any shop's books; the rest is cut off.
whole_numbers as (
    {{ whole_numbers(1200) }}
),

months as (
    select {{ add_months('first_month.month', 'whole_numbers.number') }} as month
    from first_month
    cross join whole_numbers
    where first_month.month is not null
)

select months.month
from months
inner join as_of on months.month <= as_of.as_of_month
