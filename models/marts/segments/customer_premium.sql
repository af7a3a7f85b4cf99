with

customers as (
    select
        pyramid.customer_id,
        case when measures.order_count > 0 then {{ is_premium('pyramid.pyramid_tier') }} end as is_premium
    from {{ ref('pyramid_by_day') }} as pyramid
    inner join {{ ref('customer_day_measures') }} as measures
        on pyramid.customer_id = measures.customer_id
        and pyramid.as_of_date = measures.as_of_date
    where measures.is_tonight
),

-- A model that is right no more often than a guess names nobody.
trusted as (
    select coalesce(max(case when is_better_than_guessing then 1 else 0 end), 0) = 1 as is_trusted
    from {{ ref('premium_choice') }}
)

select
    customers.customer_id,
    customers.is_premium,
    chances.premium_chance,
    case
        when customers.is_premium then 'premium'
        when trusted.is_trusted and chances.premium_chance >= {{ segment_rule('promising_chance') }} then 'promising'
        when not customers.is_premium then 'other'
    end as premium_group
from customers
cross join trusted
left join {{ ref('premium_chances') }} as chances on customers.customer_id = chances.customer_id
