with

lines as (
    select
        lines.customer_id,
        products.category,
        lines.gross_sales,
        lines.discounts
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('dim_products') }} as products on lines.product_id = products.product_id
    where not lines.is_charge and lines.customer_id is not null
)

-- What costs nothing is no purchase at a discount.
select
    customer_id,
    nullif(cast(count(distinct category) as int), 0) as category_count,
    sum(case when gross_sales > 0 then gross_sales else 0 end) as sold_sales,
    sum(case when gross_sales > 0 and discounts > 0 then gross_sales else 0 end) as discounted_sales
from lines
group by customer_id
