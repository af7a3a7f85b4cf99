with

-- What is dated ahead of the as-of day is in the statement, and is known now.
months as (
    select
        profits.customer_id,
        least(profits.month, as_of.as_of_month) as month,
        sum(profits.net_sales) as net_sales,
        sum(profits.contribution_2) as contribution_2
    from {{ ref('customer_profit_monthly') }} as profits
    cross join {{ ref('dim_as_of') }} as as_of
    where profits.profit_owner = 'customer'
    group by profits.customer_id, least(profits.month, as_of.as_of_month)
)

select
    customer_id,
    month,
    lead(month, 1, cast('9999-12-31' as date)) over (partition by customer_id order by month) as next_month,
    cast(sum(net_sales) over (
        partition by customer_id order by month rows between unbounded preceding and current row
    ) as decimal(18, 2)) as net_sales_until,
    cast(sum(contribution_2) over (
        partition by customer_id order by month rows between unbounded preceding and current row
    ) as decimal(18, 2)) as contribution_2_until
from months
