with

order_lines as (
    select * from {{ ref('fct_order_lines') }}
),

refunds as (
    select * from {{ ref('fct_refunds') }}
),

orders as (
    select *
    from {{ ref('fct_orders') }}
    where is_counted
),

payments as (
    select * from {{ ref('fct_payments') }}
),

marketing as (
    select customer_id, month, 'acquisition_marketing' as statement_line, amount
    from {{ ref('fct_acquisition_marketing') }}
    union all
    select customer_id, month, 'retention_marketing' as statement_line, amount
    from {{ ref('fct_retention_marketing') }}
    union all
    -- Nobody in particular is won by spend on the brand.
    select cast(null as string) as customer_id, month, 'acquisition_marketing' as statement_line, amount
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'brand'
),

entries as (
    select customer_id, month, 'gross_sales' as statement_line, gross_sales as amount
    from order_lines
    where not is_charge
    union all
    select customer_id, month, 'discounts' as statement_line, discounts as amount
    from order_lines
    where not is_charge
    union all
    select customer_id, month, 'cogs' as statement_line, cogs as amount
    from order_lines
    where not is_charge
    union all
    select customer_id, month, statement_line, amount
    from {{ ref('fct_charges') }}
    union all
    select customer_id, month, 'refunds' as statement_line, refunds as amount
    from refunds
    where not is_charge
    union all
    select customer_id, month, 'cogs' as statement_line, -returned_cogs as amount
    from refunds
    union all
    select customer_id, month, 'currency_difference' as statement_line, currency_difference as amount
    from refunds
    union all
    select customer_id, month, 'fulfilment' as statement_line, shipping_refunded as amount
    from refunds
    union all
    select customer_id, month, 'fulfilment' as statement_line, -shipping_charged as amount
    from orders
    union all
    select customer_id, month, 'fulfilment' as statement_line, shipping_cost as amount
    from {{ ref('fct_shipments') }}
    union all
    select customer_id, month, 'payment_fees' as statement_line, commission as amount
    from orders
    union all
    select customer_id, month, 'payment_fees' as statement_line, fee_amount as amount
    from payments
    union all
    select customer_id, lost_month as month, 'bad_debt' as statement_line, bad_debt as amount
    from payments
    union all
    select customer_id, month, 'loyalty' as statement_line, cost_amount as amount
    from {{ ref('fct_loyalty_events') }}
),

-- Without a customer, a sale is a guest's and marketing is unassigned.
owned as (
    select
        case when customer_id is null then 'guests' else 'customer' end as profit_owner,
        customer_id,
        month,
        statement_line,
        amount
    from entries
    union all
    select
        case when customer_id is null then 'unassigned' else 'customer' end as profit_owner,
        customer_id,
        month,
        statement_line,
        amount
    from marketing
)

select
    profit_owner,
    customer_id,
    month,
    statement_line,
    cast(sum(amount) as decimal(20, 2)) as amount
from owned
group by profit_owner, customer_id, month, statement_line
