with

orders as (
    select * from {{ ref('stg_orders') }}
),

counted_orders as (
    select
        *,
        row_number() over in_time as place,
        first_value(ordered_on) over in_time as first_ordered_on,
        lag(ordered_on) over in_time as previous_ordered_on
    from {{ ref('int_counted_orders') }}
    -- An order of nobody stands alone: all of them at once would be one customer, larger than memory.
    window in_time as (
        partition by customer_id, case when customer_id is null then order_id end order by ordered_at, order_id
    )
),

line_sums as (
    select
        order_id,
        count(*) as line_count,
        sum(case when is_charge then 0 else 1 end) as goods_line_count,
        sum(case when not is_charge then quantity end) as goods_quantity,
        sum(case when not is_charge then greatest(net_of_discounts, 0) end) as goods_sales,
        sum(case when not is_charge then gross_sales end) as gross_sales,
        sum(case when not is_charge then discounts end) as discounts,
        sum(cogs) as cogs,
        sum(case when cost_basis = 'assumed' then cogs end) as assumed_cogs
    from {{ ref('fct_order_lines') }}
    group by order_id
)

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    orders.ordered_on,
    {{ month_of('orders.ordered_on') }} as month,
    orders.status,
    orders.is_cancelled,
    counted_orders.order_id is not null as is_counted,
    case when orders.customer_id is not null then counted_orders.place end as order_number,
    case
        when orders.customer_id is not null
            then cast({{ days_between('counted_orders.first_ordered_on', 'orders.ordered_on') }} as int)
    end as days_since_first_order,
    case
        when orders.customer_id is not null
            then cast({{ days_between('counted_orders.previous_ordered_on', 'orders.ordered_on') }} as int)
    end as days_since_previous_order,
    orders.sales_channel,
    orders.session_id,
    orders.delivery_country,
    orders.payment_method,
    orders.discount_purpose,
    cast(coalesce(line_sums.line_count, 0) as int) as line_count,
    cast(coalesce(line_sums.goods_line_count, 0) as int) as goods_line_count,
    cast(coalesce(line_sums.goods_quantity, 0) as decimal(20, 3)) as goods_quantity,
    cast(coalesce(line_sums.goods_sales, 0) as decimal(18, 2)) as goods_sales,
    cast(coalesce(line_sums.gross_sales, 0) as decimal(18, 2)) as gross_sales,
    cast(coalesce(line_sums.discounts, 0) as decimal(18, 2)) as discounts,
    cast(coalesce(line_sums.cogs, 0) as decimal(18, 2)) as cogs,
    cast(coalesce(line_sums.assumed_cogs, 0) as decimal(18, 2)) as assumed_cogs,
    coalesce({{ in_reporting_currency('orders.discount_amount', 'counted_orders.rate_to_reporting') }}, 0)
        as order_discount,
    coalesce({{ in_reporting_currency('orders.shipping_charged', 'counted_orders.rate_to_reporting') }}, 0)
        as shipping_charged,
    coalesce({{ in_reporting_currency('orders.commission', 'counted_orders.rate_to_reporting') }}, 0) as commission
from orders
left join counted_orders on orders.order_id = counted_orders.order_id
left join line_sums on orders.order_id = line_sums.order_id
-- By month, as it is read where a part of a month is made again.
order by month
