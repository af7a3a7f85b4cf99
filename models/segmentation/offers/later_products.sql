with

later as (
    select distinct
        cuts.cut_on,
        lines.customer_id,
        lines.product_id
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('basket_cuts') }} as cuts on lines.ordered_on > cuts.cut_on
    where not lines.is_charge and lines.customer_id is not null
),

known as (
    select distinct
        cut_on,
        customer_id
    from {{ ref('owned_products') }}
)

-- Only of who had bought before could anything have been told, and only what is new to them could have been offered.
select
    later.cut_on,
    later.customer_id,
    later.product_id
from later
inner join known
    on later.cut_on = known.cut_on
    and later.customer_id = known.customer_id
left join {{ ref('owned_products') }} as owned
    on later.cut_on = owned.cut_on
    and later.customer_id = owned.customer_id
    and later.product_id = owned.product_id
where owned.product_id is null
