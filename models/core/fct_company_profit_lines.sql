with

order_lines as (
    select
        month,
        sum(case when not is_charge then gross_sales else 0 end) as gross_sales,
        sum(case when not is_charge then discounts else 0 end) as discounts,
        sum(cogs) as cogs
    from {{ ref('fct_order_lines') }}
    group by month
),

refunds as (
    select
        month,
        sum(case when not is_charge then refunds else 0 end) as refunds,
        sum(shipping_refunded) as shipping_refunded,
        sum(currency_difference) as currency_difference
    from {{ ref('fct_refunds') }}
    group by month
),

orders as (
    select
        month,
        sum(shipping_charged) as shipping_charged,
        sum(commission) as commission
    from {{ ref('fct_orders') }}
    where is_counted
    group by month
),

entries as (
    select month, 'gross_sales' as statement_line, gross_sales as amount from order_lines
    union all
    select month, 'discounts' as statement_line, discounts as amount from order_lines
    union all
    select month, 'cogs' as statement_line, cogs as amount from order_lines
    union all
    select month, 'refunds' as statement_line, refunds as amount from refunds
    union all
    select month, 'cogs' as statement_line, -returned_cogs as amount from {{ ref('fct_returned_goods') }}
    union all
    select month, 'fulfilment' as statement_line, shipping_refunded as amount from refunds
    union all
    select month, 'currency_difference' as statement_line, currency_difference as amount from refunds
    union all
    select month, statement_line, amount from {{ ref('fct_charges') }}
    union all
    select month, 'fulfilment' as statement_line, -shipping_charged as amount from orders
    union all
    select month, 'payment_fees' as statement_line, commission as amount from orders
    union all
    select month, 'fulfilment' as statement_line, shipping_cost as amount from {{ ref('fct_shipments') }}
    union all
    select month, 'payment_fees' as statement_line, fee_amount as amount from {{ ref('fct_payments') }}
    union all
    select month, 'payment_fees' as statement_line, fee_amount as amount from {{ ref('fct_standard_payment_fees') }}
    union all
    select month, statement_line, amount from {{ ref('fct_pool_months') }}
    union all
    select lost_month as month, 'bad_debt' as statement_line, bad_debt as amount from {{ ref('fct_payments') }}
    union all
    select month, 'loyalty' as statement_line, cost_amount as amount from {{ ref('fct_loyalty_events') }}
    union all
    select
        month,
        case
            when purpose in ('retention', 'reactivation') then 'retention_marketing'
            else 'acquisition_marketing'
        end as statement_line,
        amount
    from {{ ref('fct_marketing_spend') }}
)

select
    entries.month,
    rollup_rules.reported_line as statement_line,
    cast(sum(entries.amount * rollup_rules.sign) as decimal(18, 2)) as amount
from entries
inner join {{ ref('int_statement_rollup') }} as rollup_rules on entries.statement_line = rollup_rules.entered_line
group by entries.month, rollup_rules.reported_line
