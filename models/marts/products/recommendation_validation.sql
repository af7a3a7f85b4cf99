with

hits as (
    select
        offers.cut_on,
        offers.method,
        offers.customer_id,
        count(*) as offer_count,
        count(later.product_id) as hit_count
    from {{ ref('ranked_offers') }} as offers
    left join {{ ref('later_products') }} as later
        on offers.cut_on = later.cut_on
        and offers.customer_id = later.customer_id
        and offers.product_id = later.product_id
    where not offers.is_tonight
    group by offers.cut_on, offers.method, offers.customer_id
),

judged as (
    select
        cut_on,
        method,
        count(*) as customer_count,
        count(case when hit_count > 0 then 1 end) as hit_customers,
        sum(offer_count) as offer_count,
        sum(hit_count) as hit_count
    from hits
    group by cut_on, method
),

-- Where both do as well, what is offered for a reason is.
placed as (
    select
        *,
        row_number() over (order by hit_customers desc, method) as place
    from judged
)

select
    method,
    cut_on,
    place = 1 as is_in_use,
    cast(customer_count as int) as customer_count,
    cast(hit_customers as int) as hit_customers,
    cast({{ ratio('hit_customers', 'customer_count') }} as decimal(9, 6)) as hit_rate,
    cast(offer_count as int) as offer_count,
    cast({{ ratio('hit_count', 'offer_count') }} as decimal(9, 6)) as precision_share
from placed
