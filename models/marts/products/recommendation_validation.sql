with

-- Who owned all that could be offered was hit by nothing.
asked as (
    select
        cut_on,
        count(distinct customer_id) as customer_count
    from {{ ref('later_products') }}
    group by cut_on
),

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
    placed.method,
    placed.cut_on,
    placed.place = 1 as is_in_use,
    cast(asked.customer_count as int) as customer_count,
    cast(placed.hit_customers as int) as hit_customers,
    cast({{ ratio('placed.hit_customers', 'asked.customer_count') }} as decimal(9, 6)) as hit_rate,
    cast(placed.offer_count as int) as offer_count,
    cast({{ ratio('placed.hit_count', 'placed.offer_count') }} as decimal(9, 6)) as precision_share
from placed
inner join asked on placed.cut_on = asked.cut_on
