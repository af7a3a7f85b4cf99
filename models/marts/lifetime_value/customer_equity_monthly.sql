with

predicted as (
    select
        month,
        sum(customer_count) as customer_count,
        sum(case when is_won then customer_count else 0 end) as won_customers,
        cast(sum(predicted_value) as decimal(18, 2)) as predicted_value,
        cast(sum(case when is_won then predicted_value else 0 end) as decimal(18, 2)) as won_value,
        cast(sum(case when is_silent then opening_value - predicted_value else 0 end) as decimal(18, 2)) as lost_value
    from {{ ref('equity_scores') }}
    group by month
),

-- Before the first month that anybody bought in, nothing was expected of anybody.
opened as (
    select
        *,
        row_number() over (order by month) as place,
        count(*) over () as month_count,
        lag(predicted_value, 1, cast(0 as decimal(18, 2))) over (order by month) as opening_predicted_value
    from predicted
),

past as (
    select
        opened.month,
        sum(profit.contribution_2) as past_value
    from opened
    inner join {{ ref('customer_profit_monthly') }} as profit on profit.month <= opened.month
    where profit.profit_owner = 'customer'
    group by opened.month
)

select
    opened.month,
    cast(opened.customer_count as bigint) as customer_count,
    cast(opened.won_customers as bigint) as won_customers,
    cast(past.past_value as decimal(18, 2)) as past_value,
    opened.predicted_value,
    cast(past.past_value + opened.predicted_value as decimal(18, 2)) as customer_equity,
    opened.opening_predicted_value,
    opened.won_value,
    cast(
        opened.predicted_value - opened.opening_predicted_value - opened.won_value + opened.lost_value
        as decimal(18, 2)
    ) as grown_value,
    opened.lost_value
from opened
inner join past on opened.month = past.month
where opened.place > 1 or opened.month_count <= {{ value_rule('equity_months') }}
