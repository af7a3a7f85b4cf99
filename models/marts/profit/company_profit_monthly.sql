with

profit_lines as (
    select * from {{ ref('fct_company_profit_lines') }}
),

months as (
    select month from {{ ref('dim_months') }}
),

activity as (
    select
        month,
        count(*) as order_count,
        count(distinct customer_id) as customer_count
    from {{ ref('fct_orders') }}
    where is_counted
    group by month
),

pivoted as (
    select
        month,
        {{ statement_pivoted(statement_columns()) }}
    from profit_lines
    group by month
)

-- A month in which nothing happened is a month of zeros, not a gap.
select
    months.month,
    cast(coalesce(activity.order_count, 0) as int) as order_count,
    cast(coalesce(activity.customer_count, 0) as int) as customer_count,
    {{ statement_filled('pivoted.') }}
from months
left join pivoted on months.month = pivoted.month
left join activity on months.month = activity.month
