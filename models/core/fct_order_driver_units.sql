with

-- Each fact is read where it is counted, and not imported once for all: so an engine that is asked for a month reads
-- that month of each.
counted as (
    {% for driver, units in {
        'order': '1', 'line': 'goods_line_count', 'unit': 'goods_quantity', 'sales': 'goods_sales'
    }.items() -%}
    select order_id, customer_id, month, '{{ driver }}' as driver, cast({{ units }} as decimal(18, 3)) as units
    from {{ ref('fct_orders') }}
    where is_counted
    union all
    {% endfor -%}
    select order_id, customer_id, month, 'unshipped_order' as driver, cast(1 as decimal(18, 3)) as units
    from {{ ref('fct_orders') }}
    where is_counted and not exists (select 1 from {{ ref('fct_shipments') }})
    union all
    select order_id, customer_id, month, 'parcel' as driver, cast(coalesce(parcels, 1) as decimal(18, 3)) as units
    from {{ ref('fct_shipments') }}
    union all
    select order_id, customer_id, month, 'payment' as driver, cast(1 as decimal(18, 3)) as units
    from {{ ref('fct_payments') }}
    union all
    select
        order_id,
        case when is_erased then {{ erased() }} else customer_id end as customer_id,
        month,
        'return' as driver,
        cast(1 as decimal(18, 3)) as units
    from {{ ref('fct_refunds') }}
    where not is_charge and coalesce(quantity, 1) > 0
    union all
    -- No contact is a guest's. A minute on the telephone may cost what one in a chat does not.
    {% for driver, units in {
        "'contact'": '1', "'contact:' || channel": '1',
        "'service_minute'": 'handle_minutes', "'service_minute:' || channel": 'handle_minutes'
    }.items() -%}
    {{ 'union all' if not loop.first }}
    select
        order_id,
        coalesce(customer_id, {{ erased() }}) as customer_id,
        month,
        {{ driver }} as driver,
        cast({{ units }} as decimal(18, 3)) as units
    from {{ ref('fct_service_contacts') }}
    {% endfor %}
),

-- What no pool and no rate asks for need not be counted.
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
    counted.units
from counted
left join {{ ref('fct_erased_orders') }} as erased_orders on counted.order_id = erased_orders.order_id
inner join drivers_in_use on counted.driver = drivers_in_use.driver
where counted.units > 0
