with

profit_lines as (
    select * from {{ ref('fct_profit_lines') }}
),

order_counts as (
    select
        customer_id,
        month,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    where is_counted
    group by customer_id, month
),

pivoted as (
    select
        profit_owner,
        customer_id,
        month,
        {{ statement_pivoted() }}
    from profit_lines
    group by profit_owner, customer_id, month
)

select
    pivoted.profit_owner,
    pivoted.customer_id,
    pivoted.month,
    cast(coalesce(order_counts.order_count, 0) as int) as order_count,
    {{ statement_list('pivoted.') }}
from pivoted
left join order_counts
    on pivoted.customer_id is not distinct from order_counts.customer_id
    and pivoted.month = order_counts.month
    and pivoted.profit_owner in ('customer', 'guests')
