select
    pairs.product_id,
    pairs.other_product_id,
    pairs.basket_count,
    pairs.support,
    pairs.confidence,
    pairs.lift
from {{ ref('pairs_by_cut') }} as pairs
inner join {{ ref('dim_as_of') }} as as_of on pairs.cut_on = as_of.as_of_date
