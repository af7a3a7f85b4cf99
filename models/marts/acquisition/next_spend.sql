with

rules as (
    select
        max(case when rule = 'efficiency_months' then rule_value end) as efficiency_months,
        max(case when rule = 'least_efficiency_months' then rule_value end) as least_efficiency_months
    from {{ ref('marketing_rules') }}
),

complete as (
    select
        *,
        max(month) over () as last_month
    from {{ ref('channel_efficiency') }}
    where is_complete
),

months as (
    select complete.*
    from complete
    cross join rules
    where {{ months_between('complete.month', 'complete.last_month') }} < rules.efficiency_months
),

-- Products and their sums are exact, so the order of the rows does not matter.
measured as (
    select
        channel,
        sum(spend) as spend,
        sum(new_customers) as new_customers,
        count(case when is_counted then 1 end) as months_counted,
        sum(case when is_counted then cast(spend_change as decimal(19, 2)) * cast(spend_change as decimal(18, 2)) end)
            as spend_squares,
        sum(case when is_counted then cast(spend_change as decimal(19, 2)) * new_customers_change end) as products,
        sum(case when is_counted then cast(new_customers_change as bigint) * new_customers_change end)
            as customer_squares
    from months
    group by channel
),

-- Least squares through the origin on changes from month to month: customers per unit of money, and its standard error.
fitted as (
    select
        *,
        {{ ratio('products', 'spend_squares') }} as slope,
        sqrt(
            greatest(
                cast(customer_squares as double)
                - cast(products as double) * ({{ ratio('products', 'spend_squares') }}), 0
            ) / nullif((months_counted - 1) * cast(spend_squares as double), 0)
        ) as slope_error
    from measured
),

values_of_channels as (
    select
        acquisitions.acquisition_channel as channel,
        {{ per_head('sum(lifetime_values.customer_equity)', 'count(lifetime_values.customer_equity)') }}
            as lifetime_value_per_customer
    from {{ ref('customer_acquisition') }} as acquisitions
    inner join {{ ref('customer_lifetime_value') }} as lifetime_values
        on acquisitions.customer_id = lifetime_values.customer_id
    where acquisitions.acquired_month is not null
    group by acquisitions.acquisition_channel
),

-- Two standard errors either way: what is left outside is one time in twenty.
valued as (
    select
        fitted.*,
        values_of_channels.lifetime_value_per_customer as customer_value,
        fitted.months_counted >= rules.least_efficiency_months as is_measured,
        rules.efficiency_months,
        fitted.slope * values_of_channels.lifetime_value_per_customer as next_value,
        2 * fitted.slope_error * abs(values_of_channels.lifetime_value_per_customer) as next_value_error
    from fitted
    cross join rules
    left join values_of_channels on fitted.channel = values_of_channels.channel
),

rounded as (
    select
        *,
        case when is_measured then cast(next_value as decimal(20, 4)) end as value_of_next_unit,
        case when is_measured then cast(next_value - next_value_error as decimal(20, 4)) end as value_of_next_unit_low,
        case when is_measured then cast(next_value + next_value_error as decimal(20, 4)) end as value_of_next_unit_high
    from valued
)

select
    channel,
    cast(row_number() over (order by value_of_next_unit desc nulls last, channel) as int) as place,
    cast(spend as decimal(18, 2)) as spend,
    cast(new_customers as int) as new_customers,
    case when spend > 0 then {{ per_head('spend', 'new_customers') }} end as average_cost,
    cast(months_counted as int) as months_counted,
    -- Beyond a million millions a customer there is no answer either.
    case
        when is_measured and products > 0 and {{ ratio('spend_squares', 'products') }} < 1e12
            then {{ per_head('spend_squares', 'products') }}
    end as marginal_cost,
    customer_value as lifetime_value_per_customer,
    value_of_next_unit,
    value_of_next_unit_low,
    value_of_next_unit_high,
    {{ next_spend_in_words() }} as reading,
    {{ next_spend_assumptions('efficiency_months') }} as assumptions
from rounded
