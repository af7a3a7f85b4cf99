with

sold as (
    select
        product_id,
        month,
        count(distinct order_id) as order_count,
        sum(quantity) as units_sold,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(cogs) as cogs,
        -- A line with more off than its price has a cost below zero: parts of a whole are counted without the sign.
        sum(abs(cogs)) as all_cogs,
        sum(case when cost_basis = 'assumed' then abs(cogs) else 0 end) as assumed_cogs
    from {{ ref('fct_order_lines') }}
    where not is_charge
    group by product_id, month
),

returned as (
    select
        product_id,
        month,
        sum(quantity) as units_returned,
        sum(refunds) as refunds,
        sum(returned_cogs) as returned_cogs
    from {{ ref('fct_product_returns') }}
    group by product_id, month
),

joined as (
    select
        coalesce(sold.product_id, returned.product_id) as product_id,
        coalesce(sold.month, returned.month) as month,
        cast(coalesce(sold.order_count, 0) as int) as order_count,
        cast(coalesce(sold.units_sold, 0) as decimal(20, 3)) as units_sold,
        cast(coalesce(returned.units_returned, 0) as decimal(20, 3)) as units_returned,
        {{ money_or_zero('sold.gross_sales') }} as gross_sales,
        {{ money_or_zero('sold.discounts') }} as discounts,
        {{ money_or_zero('returned.refunds') }} as refunds,
        {{ money_or_zero('coalesce(sold.cogs, 0) - coalesce(returned.returned_cogs, 0)') }} as cogs,
        {{ money_or_zero('sold.assumed_cogs') }} as assumed_cogs,
        {{ money_or_zero('sold.all_cogs') }} as sold_cogs
    from sold
    full outer join returned
        on sold.product_id is not distinct from returned.product_id
        and sold.month = returned.month
),

products as (
    select * from {{ ref('dim_products') }}
)

select
    joined.product_id,
    joined.month,
    products.product_name,
    products.category,
    products.subcategory,
    joined.order_count,
    joined.units_sold,
    joined.units_returned,
    joined.gross_sales,
    joined.discounts,
    joined.refunds,
    cast(joined.gross_sales - joined.discounts - joined.refunds as decimal(18, 2)) as net_sales,
    joined.cogs,
    cast(joined.gross_sales - joined.discounts - joined.refunds - joined.cogs as decimal(18, 2)) as contribution_1,
    {{ ratio('joined.assumed_cogs', 'joined.sold_cogs') }} as assumed_cost_share
from joined
left join products on joined.product_id = products.product_id
