with

customers as (
    select
        customer_id,
        order_count,
        net_sales
    from {{ ref('customer_profit') }}
),

orders as (
    select
        orders.customer_id,
        max(case when places.place = 'online' then 1 else 0 end) as online,
        max(case when places.place = 'offline' then 1 else 0 end) as offline
    from {{ ref('fct_orders') }} as orders
    left join {{ ref('sales_channel_places') }} as places on orders.sales_channel = places.sales_channel
    where orders.is_counted and orders.customer_id is not null
    group by orders.customer_id
)

select
    customers.customer_id,
    case
        when orders.online = 1 and orders.offline = 1 then 'both'
        when orders.online = 1 then 'online'
        when orders.offline = 1 then 'offline'
    end as channel_habit,
    frequency_bands.frequency_band,
    case when customers.order_count > 0 then spend_bands.spend_band end as spend_band
from customers
left join orders on customers.customer_id = orders.customer_id
left join {{ ref('frequency_bands') }} as frequency_bands
    on customers.order_count >= frequency_bands.from_orders
    and (frequency_bands.until_orders is null or customers.order_count < frequency_bands.until_orders)
left join {{ ref('spend_bands') }} as spend_bands
    on (spend_bands.from_net_sales is null or customers.net_sales >= spend_bands.from_net_sales)
    and (spend_bands.until_net_sales is null or customers.net_sales < spend_bands.until_net_sales)
