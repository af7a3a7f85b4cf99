{%- set refunded = "case when is_erased then " ~ erased() ~ " else customer_id end" -%}
with

-- Each fact is read where it is entered, for the columns that are entered there: an import that many branches share
-- would be kept whole, with all its columns. What most rows come from stands first, here and where entries are joined
-- to others: DuckDB keeps what it adds up in memory until one branch does not fit, and from then on spills; of branches
-- that came before it nothing is given back.
entries as (
    select {{ own_entry('gross_sales', 'goods') }}
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select {{ own_entry('discounts', 'goods') }}
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select {{ own_entry('cogs', 'goods', "'actual'", 'cogs - assumed_cogs') }}
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select {{ own_entry('cogs', 'goods', "'assumed'", 'assumed_cogs') }}
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select {{ own_entry('fulfilment', 'shipping charged') }}
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select {{ own_entry('payment_fees', 'marketplaces', "'actual'") }}
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    select {{ entry("'fulfilment'", 'shipping_cost', 'carriers', "'actual'") }}
    from {{ ref('fct_shipments') }}
    union all
    select {{ entry("'payment_fees'", 'fee_amount', 'payments', 'fee_basis') }}
    from {{ ref('fct_payments') }}
    union all
    select {{ entry("'refunds'", 'refunds', 'goods', customer=refunded) }}
    from {{ ref('fct_refunds') }}
    where not is_charge
    union all
    select {{ entry('statement_line', 'amount', 'charges') }}
    from {{ ref('fct_charges') }}
    union all
    select {{ entry("'cogs'", '-returned_cogs', 'returned goods', 'cost_basis') }}
    from {{ ref('fct_returned_goods') }}
    union all
    select {{ entry("'fulfilment'", 'shipping_refunded', 'shipping refunded', customer=refunded) }}
    from {{ ref('fct_refunds') }}
    union all
    select {{ entry("'payment_fees'", 'fee_amount', 'payments', "'standard'") }}
    from {{ ref('fct_standard_payment_fees') }}
    union all
    select {{ entry("'bad_debt'", 'bad_debt', 'unpaid orders', "'actual'", month='lost_month') }}
    from {{ ref('fct_payments') }}
    union all
    select {{ entry("'currency_difference'", 'currency_difference', 'exchange rates', customer=refunded) }}
    from {{ ref('fct_refunds') }}
)

select
    order_id,
    customer_id,
    month,
    statement_line,
    cost_source,
    cost_basis,
    cast(amount as decimal(18, 2)) as amount,
    is_own
from entries
where amount <> 0
