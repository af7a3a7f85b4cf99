with

rules as (
    select cast(rule_value as int) as months
    from {{ ref('marketing_rules') }}
    where rule = 'value_months'
),

-- The last year of whole months, and the year before it.
years as (
    select
        {{ add_months('max(months.month)', '1 - max(rules.months)') }} as this_from,
        max(months.month) as this_until,
        {{ add_months('max(months.month)', '1 - 2 * max(rules.months)') }} as before_from
    from {{ ref('retention_monthly') }} as months
    cross join rules
    where months.is_complete
    having
        min(case when months.active_customers > 0 then months.month end)
        <= {{ add_months('max(months.month)', '1 - 2 * max(rules.months)') }}
),

customers as (
    select
        activity.customer_id,
        max(case when activity.month >= years.this_from then 1 else 0 end) as is_of_this_year,
        max(case when activity.month < years.this_from then 1 else 0 end) as is_of_year_before
    from {{ ref('fct_customer_months') }} as activity
    inner join years on activity.month between years.before_from and years.this_until
    group by activity.customer_id
),

retained as (
    select
        sum(is_of_this_year) as customers,
        {{ ratio('sum(is_of_this_year * is_of_year_before)', 'sum(is_of_year_before)') }} as retention
    from customers
),

-- What it cost to win them is apart: the margin is after service, rewards and what was spent on keeping.
earned as (
    select sum(statements.contribution_3 + statements.acquisition_marketing) as contribution
    from {{ ref('customer_profit_monthly') }} as statements
    inner join years on statements.month between years.this_from and years.this_until
    where statements.profit_owner = 'customer'
),

won as (
    select
        sum(months.new_customers) as new_customers,
        nullif(sum(months.spend), 0) as spend
    from {{ ref('fct_acquisition_months') }} as months
    inner join years on months.month between years.this_from and years.this_until
),

inputs as (
    select
        years.before_from as measured_from,
        last_day(years.this_until) as measured_until,
        retained.customers,
        retained.retention,
        won.new_customers,
        {{ ratio('earned.contribution', 'retained.customers') }} as margin,
        {{ ratio('won.spend', 'won.new_customers') }} as acquisition_cost
    from years
    cross join retained
    cross join earned
    cross join won
),

moved as (
    select
        levers.*,
        inputs.*,
        inputs.retention * (1 + case when levers.lever like '%retention' then levers.relative_change else 0 end)
        + levers.added_points as moved_retention,
        inputs.margin * (1 + case when levers.lever = 'margin' then levers.relative_change else 0 end) as moved_margin,
        case
            when levers.lever = 'acquisition_cost' then inputs.acquisition_cost * (1 + levers.relative_change)
            else coalesce(inputs.acquisition_cost, 0)
        end as moved_cost
    from {{ ref('value_levers') }} as levers
    left join inputs on true
),

-- More than everybody cannot stay. Where nothing is spent on winning customers, the value leaves its cost out.
valued as (
    select
        *,
        {{ company_value('retention', 'margin', 'coalesce(acquisition_cost, 0)') }} as company_worth,
        {{ life_of_customer('retention', 'margin') }} - coalesce(acquisition_cost, 0) as customer_worth,
        case when moved_retention <= 1 then {{ company_value('moved_retention', 'moved_margin', 'moved_cost') }} end
            as moved_company_worth,
        case when moved_retention <= 1 then {{ life_of_customer('moved_retention', 'moved_margin') }} - moved_cost end
            as moved_customer_worth,
        case when moved_retention <= 1 then customers * (moved_retention * moved_margin - retention * margin) end
            as next_year_effect
    from moved
)

select
    lever,
    measured_from,
    measured_until,
    cast(customers as int) as active_customers,
    cast(new_customers as int) as new_customers,
    cast(retention as decimal(20, 6)) as retention_rate,
    {{ to_cents('margin') }} as margin_per_customer,
    {{ to_cents('acquisition_cost') }} as acquisition_cost,
    {{ to_cents('company_worth') }} as company_value,
    {{ to_cents('customer_worth') }} as new_customer_value,
    {{ percent_change('company_worth', 'moved_company_worth') }} as company_value_effect,
    {{ percent_change('customer_worth', 'moved_customer_worth') }} as new_customer_value_effect,
    {{ to_cents('next_year_effect') }} as next_year_contribution_effect,
    published_low,
    published_high,
    published_by
from valued
