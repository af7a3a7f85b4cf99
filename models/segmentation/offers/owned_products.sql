with

bought as (
    select
        customer_id,
        product_id,
        ordered_on
    from {{ ref('fct_order_lines') }}
    where not is_charge and customer_id is not null
)

select
    cuts.cut_on,
    cuts.is_tonight,
    bought.customer_id,
    bought.product_id,
    max(bought.ordered_on) as last_bought_on
from bought
inner join {{ ref('basket_cuts') }} as cuts on bought.ordered_on <= cuts.cut_on
group by cuts.cut_on, cuts.is_tonight, bought.customer_id, bought.product_id
