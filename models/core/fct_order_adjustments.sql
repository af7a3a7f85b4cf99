{%- set refunded = "case when is_erased then " ~ erased() ~ " else customer_id end" -%}
with

-- Stored, and not entered where entries are added up: a branch without rows there has no bounds, and without bounds
-- DuckDB adds up in 128 bits.
entries as (
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
    cast(amount as decimal(18, 2)) as amount
from entries
where amount <> 0
