-- What it is: a product and a week in which it was bought or looked at, of which hot_products says nothing.
-- When it matters: always; what was hot in a week that is missing was hot for nobody.
-- How to resolve it: the joins of hot_products, and the product in dim_products.
with

asked as (
    select
        product_id,
        {{ week_of('ordered_on') }} as week
    from {{ ref('fct_order_lines') }}
    where not is_charge
    union
    select
        product_id,
        {{ week_of('occurred_on') }} as week
    from {{ ref('fct_web_events') }}
)

select
    asked.product_id,
    asked.week
from asked
inner join {{ ref('dim_products') }} as products on asked.product_id = products.product_id
left join {{ ref('hot_products') }} as hot
    on asked.product_id = hot.product_id
    and asked.week = hot.week
where not products.is_charge and hot.product_id is null
