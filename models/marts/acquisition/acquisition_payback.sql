with

as_of as (
    select
        dim_as_of.as_of_date,
        cast(rules.rule_value as int) as settling_days
    from {{ ref('dim_as_of') }} as dim_as_of
    inner join {{ ref('marketing_rules') }} as rules on rules.rule = 'settling_days'
),

customers as (
    select
        customer_id,
        acquired_month as cohort_month,
        acquisition_channel as channel,
        acquisition_cost,
        payback_month
    from {{ ref('customer_acquisition') }}
    where acquired_month is not null
),

cohorts as (
    select
        cohort_month,
        channel,
        count(*) as cohort_customers,
        sum(acquisition_cost) as acquisition_cost
    from customers
    group by cohort_month, channel
),

-- What came in before the first order belongs to month 0.
contributions as (
    select
        customers.cohort_month,
        customers.channel,
        greatest(statements.month, customers.cohort_month) as month,
        sum(statements.contribution_2) as contribution
    from {{ ref('customer_profit_monthly') }} as statements
    inner join customers on statements.customer_id = customers.customer_id
    group by customers.cohort_month, customers.channel, greatest(statements.month, customers.cohort_month)
),

paybacks as (
    select
        cohort_month,
        channel,
        payback_month as month,
        count(*) as paid_back
    from customers
    where payback_month is not null
    group by cohort_month, channel, payback_month
),

cumulated as (
    select
        cohorts.cohort_month,
        cohorts.channel,
        months.month,
        cohorts.cohort_customers,
        cohorts.acquisition_cost,
        sum(coalesce(contributions.contribution, 0)) over (
            partition by cohorts.cohort_month, cohorts.channel
            order by months.month
            rows between unbounded preceding and current row
        ) as cumulative_contribution,
        sum(coalesce(paybacks.paid_back, 0)) over (
            partition by cohorts.cohort_month, cohorts.channel
            order by months.month
            rows between unbounded preceding and current row
        ) as paid_back_customers
    from cohorts
    inner join {{ ref('dim_months') }} as months on months.month >= cohorts.cohort_month
    left join contributions
        on cohorts.cohort_month = contributions.cohort_month
        and cohorts.channel = contributions.channel
        and months.month = contributions.month
    left join paybacks
        on cohorts.cohort_month = paybacks.cohort_month
        and cohorts.channel = paybacks.channel
        and months.month = paybacks.month
)

select
    cumulated.cohort_month,
    cumulated.channel,
    cast({{ months_between('cumulated.cohort_month', 'cumulated.month') }} as int) as months_since,
    cumulated.month,
    cast(cumulated.cohort_customers as int) as cohort_customers,
    cast(cumulated.acquisition_cost as decimal(18, 2)) as acquisition_cost,
    {{ per_head('cumulated.acquisition_cost', 'cumulated.cohort_customers') }} as acquisition_cost_per_customer,
    cast(cumulated.cumulative_contribution as decimal(18, 2)) as cumulative_contribution,
    {{ per_head('cumulated.cumulative_contribution', 'cumulated.cohort_customers') }}
        as cumulative_contribution_per_customer,
    {{ ratio('cumulated.cumulative_contribution', 'cumulated.acquisition_cost') }} as recovered_share,
    case when cumulated.acquisition_cost is not null then cast(cumulated.paid_back_customers as int) end
        as paid_back_customers,
    last_day(cumulated.month) <= as_of.as_of_date as is_over,
    {{ add_days('last_day(cumulated.month)', 'as_of.settling_days') }} <= as_of.as_of_date as is_complete
from cumulated
cross join as_of
