with

dated_costs as (
    select
        product_id,
        1 as place,
        valid_from,
        unit_cost
    from {{ ref('stg_product_costs') }}
),

-- The product list's own cost holds until the first dated one: not at all where that holds since ever, which systems
-- write as the first day they know.
listed_costs as (
    select
        product_id,
        0 as place,
        cast('1900-01-01' as date) as valid_from,
        unit_cost
    from {{ ref('stg_products') }}
    where unit_cost is not null
),

all_costs as (
    select * from dated_costs
    union all
    select * from listed_costs
),

spans as (
    select
        product_id,
        valid_from,
        lead(valid_from, 1, cast('9999-12-31' as date)) over (partition by product_id order by place, valid_from)
            as valid_until,
        unit_cost
    from all_costs
)

select
    product_id,
    valid_from,
    valid_until,
    unit_cost
from spans
where valid_from < valid_until
