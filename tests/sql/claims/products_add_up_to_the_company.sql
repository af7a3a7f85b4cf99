-- What it is: for each month, the products' gross sales, discounts, refunds and cost of goods add up to the company's,
-- but for charges.
-- When it matters: a product, or a refund of a whole order, was lost or counted twice on the way to product_profit.
-- How to resolve it: fct_product_returns for refunds and returned cost, product_profit for the rest.
with

products as (
    select
        month,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(refunds) as refunds,
        sum(cogs) as cogs
    from {{ ref('product_profit') }}
    group by month
),

charges as (
    select
        month,
        sum(case when statement_line = 'gross_sales' then amount else 0 end) as gross_sales,
        sum(case when statement_line = 'discounts' then amount else 0 end) as discounts,
        sum(case when statement_line = 'refunds' then amount else 0 end) as refunds,
        sum(case when statement_line = 'cogs' then amount else 0 end) as cogs
    from {{ ref('fct_charges') }}
    group by month
)

select
    company.month,
    company.gross_sales,
    products.gross_sales as gross_sales_of_products,
    company.refunds,
    products.refunds as refunds_of_products,
    company.cogs,
    products.cogs as cogs_of_products
from {{ ref('company_profit_monthly') }} as company
left join products on company.month = products.month
left join charges on company.month = charges.month
where
    company.gross_sales <> coalesce(products.gross_sales, 0) + coalesce(charges.gross_sales, 0)
    or company.discounts <> coalesce(products.discounts, 0) + coalesce(charges.discounts, 0)
    or company.refunds <> coalesce(products.refunds, 0) + coalesce(charges.refunds, 0)
    or company.cogs <> coalesce(products.cogs, 0) + coalesce(charges.cogs, 0) + (
        select coalesce(sum(pools.amount), 0)
        from {{ ref('fct_pool_months') }} as pools
        where pools.month = company.month and pools.statement_line = 'cogs'
    )
