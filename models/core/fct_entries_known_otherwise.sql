with

cancelled as (
    select * from {{ ref('fct_orders_cancelled_later') }}
),

lines as (
    select * from {{ ref('fct_cancelled_order_lines') }}
),

signs as (
    select
        statement_line,
        sign
    from {{ ref('statement_lines') }}
),

fees as (
    select * from {{ ref('fct_cancelled_order_payments') }}
),

-- Until it was cancelled, an order stood with all that hung on it.
stood as (
    {% for line in ['gross_sales', 'discounts', 'cogs'] -%}
    select {{ known_entry("'" ~ line ~ "'", line, 'ordered_on', 'cancelled_on') }}
    from lines
    where not is_charge
    union all
    {% endfor -%}
    select
        lines.order_id,
        lines.customer_id,
        lines.month,
        lines.statement_line,
        (lines.gross_sales - lines.discounts) * signs.sign as amount,
        lines.ordered_on as known_from,
        lines.cancelled_on as known_until
    from lines
    inner join signs on lines.statement_line = signs.statement_line
    where lines.is_charge
    union all
    select {{ known_entry(
        "'fulfilment'", '-coalesce(' ~ in_reporting_currency('shipping_charged', 'rate_to_reporting') ~ ', 0)',
        'ordered_on', 'cancelled_on'
    ) }}
    from cancelled
    union all
    select {{ known_entry(
        "'payment_fees'", 'coalesce(' ~ in_reporting_currency('commission', 'rate_to_reporting') ~ ', 0)',
        'ordered_on', 'cancelled_on'
    ) }}
    from cancelled
    union all
    select
        cancelled.order_id,
        cancelled.customer_id,
        cancelled.month,
        'fulfilment' as statement_line,
        shipments.shipping_cost as amount,
        shipments.shipped_on as known_from,
        cancelled.cancelled_on as known_until
    from cancelled
    inner join {{ ref('stg_shipments') }} as shipments on cancelled.order_id = shipments.order_id
    union all
    select {{ known_entry("'payment_fees'", 'fee_amount', 'known_from', 'cancelled_on') }}
    from fees
    union all
    select {{ known_entry("'payment_fees'", 'fee_amount', 'ordered_on', 'cancelled_on') }}
    from {{ ref('fct_cancelled_order_fees') }}
    union all
    -- Whatever line a refund goes to takes off from the profit, so that it is entered as it is.
    select {{ known_entry('statement_line', 'refunds', 'refunded_on', 'cancelled_on') }}
    from {{ ref('fct_cancelled_order_refunds') }}
    union all
    select {{ known_entry("'cogs'", '-returned_cogs', 'refunded_on', 'cancelled_on') }}
    from {{ ref('fct_cancelled_order_returns') }}
    union all
    select {{ known_entry("'fulfilment'", 'shipping_refunded', 'refunded_on', 'cancelled_on') }}
    from {{ ref('fct_cancelled_order_refunds') }}
),

-- Costs of an order stand in its month; before they were known they were not there.
not_yet as (
    select {{ known_entry("'fulfilment'", '-shipping_cost', 'month', 'shipped_on') }}
    from {{ ref('fct_shipments') }}
    where {{ month_of('shipped_on') }} > month
    union all
    select {{ known_entry("'payment_fees'", '-fee_amount', 'month', 'paid_on') }}
    from {{ ref('fct_payments') }}
    where {{ month_of('paid_on') }} > month
)

select
    order_id,
    customer_id,
    month,
    statement_line,
    cast(amount as decimal(18, 2)) as amount,
    known_from,
    known_until
from (
    select * from stood
    union all
    select * from not_yet
) as entries
where amount <> 0
