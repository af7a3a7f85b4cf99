with

products as (
    select * from {{ ref('stg_products') }}
),

named_elsewhere as (
    select product_id from {{ ref('fct_order_lines') }}
    union
    select product_id from {{ ref('fct_refunds') }}
    union
    select product_id from {{ ref('fct_web_events') }}
),

all_products as (
    select product_id from products
    union
    select product_id from named_elsewhere
),

charges as (
    select * from {{ ref('int_charge_codes') }}
)

select
    all_products.product_id,
    products.product_name,
    products.category,
    products.subcategory,
    products.list_price,
    products.launched_at,
    products.product_id is null as is_inferred,
    charges.product_id is not null as is_charge
from all_products
left join products on all_products.product_id = products.product_id
left join charges on all_products.product_id = charges.product_id
where all_products.product_id is not null
