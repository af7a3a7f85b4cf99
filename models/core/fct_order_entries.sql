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
    select
        order_id,
        customer_id,
        month,
        statement_line,
        cost_source,
        cost_basis,
        amount,
        false as is_own
    from {{ ref('fct_order_adjustments') }}
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
