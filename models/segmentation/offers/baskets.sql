with

bought as (
    select
        order_id,
        product_id,
        ordered_on,
        sum(gross_sales) as gross_sales
    from {{ ref('fct_order_lines') }}
    where not is_charge and quantity > 0
    group by order_id, product_id, ordered_on
),

sized as (
    select
        *,
        count(*) over (partition by order_id) as product_count
    from bought
)

select
    cuts.cut_on,
    sized.order_id,
    sized.product_id,
    sized.ordered_on,
    sized.gross_sales
from sized
inner join {{ ref('basket_cuts') }} as cuts
    on sized.ordered_on <= cuts.cut_on
    and sized.ordered_on > {{ add_days('cuts.cut_on', '-' ~ offer_rule('basket_days')) }}
where sized.product_count <= {{ offer_rule('largest_basket') }}
