with

refunds as (
    select * from {{ ref('stg_refunds') }}
),

counted_orders as (
    select * from {{ ref('int_counted_orders') }}
),

lines as (
    select
        order_id,
        line_number,
        product_id
    from {{ ref('fct_order_lines') }}
),

charges as (
    select * from {{ ref('int_charge_codes') }}
),

rates as (
    select * from {{ ref('stg_daily_rates') }}
),

-- What is given back for an order that counts for nothing counts for nothing.
counted_refunds as (
    select
        refunds.*,
        coalesce(counted_orders.customer_id, refunds.customer_id) as refunded_customer_id,
        coalesce(refunds.currency, counted_orders.currency) as refund_currency,
        counted_orders.rate_to_reporting as order_rate
    from refunds
    left join counted_orders on refunds.order_id = counted_orders.order_id
    where refunds.order_id is null or counted_orders.order_id is not null
),

rated as (
    select
        counted_refunds.*,
        {{ rate_to_reporting('counted_refunds.refund_currency', 'rates.rate_to_reporting') }} as own_rate
    from counted_refunds
    left join rates
        on counted_refunds.refund_currency = rates.currency
        and counted_refunds.refunded_on = rates.rate_on
),

converted as (
    select
        rated.*,
        coalesce(lines.product_id, rated.product_id) as refunded_product_id,
        {{ in_reporting_currency('rated.refund_amount', 'coalesce(rated.order_rate, rated.own_rate)') }} as refunds,
        {{ in_reporting_currency('rated.refund_amount', 'rated.own_rate') }} as refunds_at_own_rate,
        coalesce(
            {{ in_reporting_currency('rated.shipping_refunded', 'coalesce(rated.order_rate, rated.own_rate)') }}, 0
        ) as shipping_refunded_amount
    from rated
    left join lines
        on rated.order_id = lines.order_id
        and rated.line_number = lines.line_number
)

select
    converted.refund_id,
    converted.order_id,
    converted.line_number,
    converted.refunded_customer_id as customer_id,
    converted.refunded_product_id as product_id,
    converted.refunded_at,
    converted.refunded_on,
    {{ month_of('converted.refunded_on') }} as month,
    {{ refunded_line('charges.statement_line') }} as statement_line,
    charges.product_id is not null as is_charge,
    converted.quantity,
    converted.refunds,
    cast(converted.refunds_at_own_rate - converted.refunds as decimal(18, 2)) as currency_difference,
    converted.shipping_refunded_amount as shipping_refunded,
    converted.reason,
    coalesce(converted.is_restocked, false) as is_restocked,
    coalesce(converted.account_id = {{ erased() }}, false) as is_erased
from converted
left join charges on converted.refunded_product_id = charges.product_id
