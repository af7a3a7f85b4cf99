with

ranked as (
    select
        margin_share,
        row_number() over (order by case when shop = '*' then 1 else 0 end) as preference
    from {{ ref('margin_assumptions') }}
    where shop in ('*', '{{ var("shop") }}')
)

select margin_share
from ranked
where preference = 1
