-- Claim: what a customer was worth at a past cut is what their months until then add up to, less what is of no order,
-- or of one to come: a refund may be dated before its order, and a cut does not know the order.
-- When it is red: a cut knows refunds, returns or losses that came after it, or misses some that had come.
with

cuts as (
    select * from {{ ref('history_cuts') }}
),

-- From the statement by month, which knows nothing of histories.
by_month as (
    select
        cuts.cut_on,
        months.customer_id,
        sum(months.contribution_2) as contribution_2
    from {{ ref('customer_profit_monthly') }} as months
    inner join cuts on months.month <= cuts.cut_on
    where months.profit_owner = 'customer'
    group by cuts.cut_on, months.customer_id
),

entries as (
    select order_id, customer_id, month, statement_line, amount
    from {{ ref('fct_order_entries') }}
    union all
    select order_id, customer_id, month, statement_line, amount
    from {{ ref('fct_order_costs') }}
),

-- Of no order that was there in the entry's own month.
orderless_entries as (
    select
        entries.*,
        orders.month as order_month
    from entries
    left join {{ ref('fct_orders') }} as orders on entries.order_id = orders.order_id
    where entries.order_id is null or entries.month < orders.month
),

orderless as (
    select
        cuts.cut_on,
        entries.customer_id,
        sum(case
            when entries.statement_line = 'gross_sales' then entries.amount
            when entries.statement_line in ('discounts', 'refunds', 'cogs', 'fulfilment', 'payment_fees', 'bad_debt')
                then -entries.amount
        end) as contribution_2
    from orderless_entries as entries
    inner join cuts
        on entries.month <= cuts.cut_on
        and (entries.order_month is null or entries.order_month > cuts.cut_on)
    group by cuts.cut_on, entries.customer_id
)

select
    histories.cut_on,
    histories.customer_id,
    histories.total_value,
    by_month.contribution_2,
    orderless.contribution_2 as without_order
from {{ ref('past_histories') }} as histories
left join by_month
    on histories.cut_on = by_month.cut_on
    and histories.customer_id = by_month.customer_id
left join orderless
    on histories.cut_on = orderless.cut_on
    and histories.customer_id = orderless.customer_id
where histories.total_value <> coalesce(by_month.contribution_2, 0) - coalesce(orderless.contribution_2, 0)
