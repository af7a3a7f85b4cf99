select
    shipments.shipment_id,
    shipments.order_id,
    shipments.shipped_at,
    {{ local_date('shipments.shipped_at') }} as shipped_on,
    shipments.carrier,
    shipments.parcels,
    {{ in_reporting_currency(
        'shipments.shipping_cost',
        rate_to_reporting('coalesce(shipments.currency, orders.currency)', 'rates.rate_to_reporting')
    ) }} as shipping_cost
from {{ ref('judged_shipments') }} as shipments
inner join {{ ref('stg_orders') }} as orders on shipments.order_id = orders.order_id
left join {{ ref('stg_daily_rates') }} as rates
    on coalesce(shipments.currency, orders.currency) = rates.currency
    and {{ local_date('shipments.shipped_at') }} = rates.rate_on
where
    shipments.fate = 'accepted'
    and {{ known_at('shipments.shipped_at') }}
