with

cancelled as (
    select * from {{ ref('fct_orders_cancelled_later') }}
),

orders as (
    select
        order_id,
        customer_id,
        month,
        ordered_on as known_from,
        cancelled_on as known_until,
        sum(case when is_charge then 0 else 1 end) as line_count,
        sum(case when is_charge then 0 else quantity end) as quantity,
        sum(case when is_charge then 0 else greatest(gross_sales - discounts, 0) end) as sales
    from {{ ref('fct_cancelled_order_lines') }}
    group by order_id, customer_id, month, ordered_on, cancelled_on
),

-- An order that was cancelled later was worked for until then; what was shipped or paid later was not there yet.
counted as (
    {% for driver, units in {'order': '1', 'line': 'line_count', 'unit': 'quantity', 'sales': 'sales'}.items() -%}
    select {{ known_unit(driver, units, 'known_from', 'known_until') }}
    from orders
    union all
    {% endfor -%}
    select {{ known_unit('unshipped_order', '1', 'known_from', 'known_until') }}
    from orders
    where not exists (select 1 from {{ ref('fct_shipments') }})
    union all
    select
        cancelled.order_id,
        cancelled.customer_id,
        cancelled.month,
        'parcel' as driver,
        cast(coalesce(shipments.parcels, 1) as decimal(18, 3)) as units,
        shipments.shipped_on as known_from,
        cancelled.cancelled_on as known_until
    from cancelled
    inner join {{ ref('stg_shipments') }} as shipments on cancelled.order_id = shipments.order_id
    union all
    select {{ known_unit('payment', '1', 'known_from', 'cancelled_on') }}
    from {{ ref('fct_cancelled_order_payments') }}
    union all
    select {{ known_unit(
        'return', '1', 'refunded_on', 'cancelled_on',
        customer='case when is_erased then ' ~ erased() ~ ' else customer_id end'
    ) }}
    from {{ ref('fct_cancelled_order_refunds') }}
    where not is_charge and coalesce(quantity, 1) > 0
    union all
    select {{ known_unit('parcel', '-coalesce(parcels, 1)', 'month', 'shipped_on') }}
    from {{ ref('fct_shipments') }}
    where {{ month_of('shipped_on') }} > month
    union all
    select {{ known_unit('payment', '-1', 'month', 'paid_on') }}
    from {{ ref('fct_payments') }}
    where {{ month_of('paid_on') }} > month
),

drivers_in_use as (
    select driver from {{ ref('int_pool_rules') }}
    union
    select driver from {{ ref('int_cost_rates') }}
)

select
    counted.order_id,
    case when erased_orders.order_id is null then counted.customer_id else {{ erased() }} end as customer_id,
    counted.month,
    counted.driver,
    counted.units,
    counted.known_from,
    counted.known_until
from counted
left join {{ ref('fct_erased_orders') }} as erased_orders on counted.order_id = erased_orders.order_id
inner join drivers_in_use on counted.driver = drivers_in_use.driver
where counted.units <> 0
