with

measures as (
    select
        customer_id,
        as_of_date,
        order_count,
        net_sales,
        channel_habit
    from {{ ref('customer_day_measures') }}
)

select
    measures.customer_id,
    measures.as_of_date,
    measures.channel_habit,
    frequency_bands.frequency_band,
    case when measures.order_count > 0 then spend_bands.spend_band end as spend_band
from measures
left join {{ ref('frequency_bands') }} as frequency_bands
    on measures.order_count >= frequency_bands.from_orders
    and (frequency_bands.until_orders is null or measures.order_count < frequency_bands.until_orders)
left join {{ ref('spend_bands') }} as spend_bands
    on (spend_bands.from_net_sales is null or measures.net_sales >= spend_bands.from_net_sales)
    and (spend_bands.until_net_sales is null or measures.net_sales < spend_bands.until_net_sales)
