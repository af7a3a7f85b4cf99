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
        product_id,
        quantity,
        net_of_discounts,
        cogs
    from {{ ref('fct_order_lines') }}
),

order_sums as (
    select
        order_id,
        sum(net_of_discounts) as net_of_discounts,
        sum(cogs) as cogs
    from lines
    group by order_id
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
        ) as shipping_refunded_amount,
        coalesce(lines.quantity, 0) as bought_quantity,
        coalesce(lines.net_of_discounts, order_sums.net_of_discounts, 0) as bought_net,
        coalesce(lines.cogs, order_sums.cogs, 0) as bought_cogs
    from rated
    left join lines
        on rated.order_id = lines.order_id
        and rated.line_number = lines.line_number
    left join order_sums on rated.order_id = order_sums.order_id
)

select
    converted.refund_id,
    converted.order_id,
    converted.line_number,
    converted.refunded_customer_id as customer_id,
    converted.refunded_product_id as product_id,
    converted.refunded_on,
    {{ month_of('converted.refunded_on') }} as month,
    -- A charge that was sold as a sale is refunded as one.
    case
        when coalesce(charges.statement_line, 'gross_sales') = 'gross_sales' then 'refunds'
        else charges.statement_line
    end as statement_line,
    charges.product_id is not null as is_charge,
    converted.quantity,
    converted.refunds,
    cast(converted.refunds_at_own_rate - converted.refunds as decimal(20, 2)) as currency_difference,
    converted.shipping_refunded_amount as shipping_refunded,
    -- Goods go back into stock at the cost they left with: by pieces where they were counted, else by value.
    case
        when not coalesce(converted.is_restocked, false) then cast(0 as decimal(20, 2))
        when converted.quantity is not null and converted.bought_quantity > 0
            then {{ cents_of(
                'converted.bought_cogs', 'cast(converted.quantity as double) / cast(converted.bought_quantity as double)'
            ) }}
        when converted.bought_net > 0
            then {{ cents_of(
                'converted.bought_cogs',
                'least(cast(converted.refunds as double) / cast(converted.bought_net as double), 1)'
            ) }}
        else cast(0 as decimal(20, 2))
    end as returned_cogs,
    converted.reason,
    coalesce(converted.is_restocked, false) as is_restocked
from converted
left join charges on converted.refunded_product_id = charges.product_id
