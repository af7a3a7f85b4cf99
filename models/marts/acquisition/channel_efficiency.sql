with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

rules as (
    select rule_value as least_spend_change
    from {{ ref('marketing_rules') }}
    where rule = 'least_spend_change'
),

channel_months as (
    select
        month,
        channel,
        sum(spend) as spend,
        sum(new_customers) as new_customers
    from {{ ref('fct_acquisition_months') }}
    group by month, channel
),

-- A channel is looked at from its first month to its last; between them, a month without a row is a month of nothing.
spans as (
    select
        channel,
        min(month) as first_month,
        max(month) as last_month
    from channel_months
    where spend > 0
    group by channel
),

filled as (
    select
        spans.channel,
        months.month,
        coalesce(channel_months.spend, 0) as spend,
        coalesce(channel_months.new_customers, 0) as new_customers
    from spans
    inner join {{ ref('dim_months') }} as months on months.month between spans.first_month and spans.last_month
    left join channel_months on spans.channel = channel_months.channel and months.month = channel_months.month
),

changed as (
    select
        *,
        spend - lag(spend) over (partition by channel order by month) as spend_change,
        new_customers - lag(new_customers) over (partition by channel order by month) as new_customers_change,
        lag(spend) over (partition by channel order by month) as spend_before
    from filled
),

judged as (
    select
        changed.*,
        abs(changed.spend_change) > rules.least_spend_change * changed.spend_before as has_moved,
        last_day(changed.month) <= as_of.as_of_date as is_complete
    from changed
    cross join rules
    cross join as_of
)

select
    month,
    channel,
    cast(spend as decimal(18, 2)) as spend,
    cast(new_customers as int) as new_customers,
    case when spend > 0 then {{ per_head('spend', 'new_customers') }} end as average_cost,
    cast(spend_change as decimal(18, 2)) as spend_change,
    cast(new_customers_change as int) as new_customers_change,
    {{ ratio('spend_change', 'spend_before') }} as spend_change_share,
    is_complete and coalesce(has_moved, false) as is_counted,
    case
        when has_moved and spend_change * new_customers_change > 0
            then {{ per_head('spend_change', 'new_customers_change') }}
    end as marginal_cost,
    case
        when not is_complete then 'the month is not over'
        when spend_before is null then 'nothing to compare with'
        when not has_moved then 'spend hardly moved'
        when new_customers_change = 0 then 'spend moved, customers did not'
        when spend_change * new_customers_change > 0 then 'customers followed spend'
        else 'customers went against spend'
    end as reading,
    is_complete
from judged
