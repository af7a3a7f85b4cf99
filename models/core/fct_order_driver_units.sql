with

orders as (
    select *
    from {{ ref('fct_orders') }}
    where is_counted
),

refunds as (
    select *
    from {{ ref('fct_refunds') }}
    where not is_charge and coalesce(quantity, 1) > 0
),

-- A contact counts for the order that it names where that is one of the same customer. No contact is a guest's.
contacts as (
    select
        orders.order_id,
        coalesce(contacts.customer_id, {{ erased() }}) as customer_id,
        contacts.month,
        contacts.handle_minutes
    from {{ ref('fct_service_contacts') }} as contacts
    left join orders
        on contacts.order_id = orders.order_id
        and contacts.customer_id = orders.customer_id
),

shipments as (
    select * from {{ ref('fct_shipments') }}
),

counted as (
    select order_id, customer_id, month, 'order' as driver, cast(1 as decimal(18, 3)) as units from orders
    union all
    select order_id, customer_id, month, 'line' as driver, cast(goods_line_count as decimal(18, 3)) as units from orders
    union all
    select order_id, customer_id, month, 'unit' as driver, cast(goods_quantity as decimal(18, 3)) as units from orders
    union all
    select order_id, customer_id, month, 'sales' as driver, cast(goods_sales as decimal(18, 3)) as units from orders
    union all
    select order_id, customer_id, month, 'unshipped_order' as driver, cast(1 as decimal(18, 3)) as units
    from orders
    where not exists (select 1 from shipments)
    union all
    select order_id, customer_id, month, 'parcel' as driver, cast(coalesce(parcels, 1) as decimal(18, 3)) as units
    from shipments
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
    from refunds
    union all
    select order_id, customer_id, month, 'contact' as driver, cast(1 as decimal(18, 3)) as units from contacts
    union all
    select order_id, customer_id, month, 'service_minute' as driver, cast(handle_minutes as decimal(18, 3)) as units
    from contacts
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
