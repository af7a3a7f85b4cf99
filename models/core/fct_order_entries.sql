with

orders as (
    select *
    from {{ ref('fct_orders') }}
    where is_counted
),

refunds as (
    select * from {{ ref('fct_refunds') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

entries as (
    select {{ entry("'gross_sales'", 'gross_sales', 'goods') }}
    from orders
    union all
    select {{ entry("'discounts'", 'discounts', 'goods') }}
    from orders
    union all
    select {{ entry("'refunds'", 'refunds', 'goods') }}
    from refunds
    where not is_charge
    union all
    select {{ entry('statement_line', 'amount', 'charges') }}
    from {{ ref('fct_charges') }}
    union all
    select {{ entry("'cogs'", 'cogs - assumed_cogs', 'goods', "'actual'") }}
    from orders
    union all
    select {{ entry("'cogs'", 'assumed_cogs', 'goods', "'assumed'") }}
    from orders
    union all
    select {{ entry("'cogs'", '-returned_cogs', 'returned goods', 'cost_basis') }}
    from {{ ref('fct_returned_goods') }}
    union all
    select {{ entry("'fulfilment'", '-shipping_charged', 'shipping charged') }}
    from orders
    union all
    select {{ entry("'fulfilment'", 'shipping_refunded', 'shipping refunded') }}
    from refunds
    union all
    select {{ entry("'fulfilment'", 'shipping_cost', 'carriers', "'actual'") }}
    from {{ ref('fct_shipments') }}
    union all
    select {{ entry("'payment_fees'", 'commission', 'marketplaces', "'actual'") }}
    from orders
    union all
    select {{ entry("'payment_fees'", 'fee_amount', 'payments', 'fee_basis') }}
    from payments
    union all
    select {{ entry("'payment_fees'", 'fee_amount', 'payments', "'standard'") }}
    from {{ ref('fct_standard_payment_fees') }}
    union all
    select {{ entry("'bad_debt'", 'bad_debt', 'unpaid orders', "'actual'", month='lost_month') }}
    from payments
    union all
    select {{ entry("'currency_difference'", 'currency_difference', 'exchange rates') }}
    from refunds
)

select
    order_id,
    customer_id,
    month,
    statement_line,
    cost_source,
    cost_basis,
    cast(amount as decimal(20, 2)) as amount
from entries
where amount <> 0
