select
    shipments.shipment_id,
    shipments.order_id,
    orders.customer_id,
    shipments.shipped_on,
    {{ month_of('orders.ordered_on') }} as month,
    shipments.carrier,
    shipments.parcels,
    coalesce(shipments.shipping_cost, 0) as shipping_cost
from {{ ref('stg_shipments') }} as shipments
inner join {{ ref('int_counted_orders') }} as orders on shipments.order_id = orders.order_id
-- By month, as it is read where a part of a month is made again.
order by month
