with

-- A customer of no trait at all counts, too: the name of the trait is empty.
judged as (
    select
        pyramid.customer_id,
        pyramid.as_of_date as fit_on,
        {{ is_premium('pyramid.pyramid_tier') }} as is_premium,
        count(*) over (partition by pyramid.as_of_date) as customer_count
    from {{ ref('pyramid_by_day') }} as pyramid
    inner join {{ ref('fit_days') }} as days
        on pyramid.as_of_date = days.fit_on
        and days.is_tonight
    inner join {{ ref('customer_day_measures') }} as measures
        on pyramid.customer_id = measures.customer_id
        and pyramid.as_of_date = measures.as_of_date
        and measures.order_count > 0
)

select
    judged.fit_on,
    judged.customer_id,
    judged.is_premium,
    {{ drawn_by_hash('judged.customer_id', 'premium holdout') }} < {{ segment_rule('fit_holdout') }} as is_held_out,
    coalesce(traits.trait, '') as trait,
    coalesce(traits.amount, 0) as amount
from judged
left join {{ ref('customer_traits') }} as traits
    on judged.customer_id = traits.customer_id
    and judged.fit_on = traits.as_of_date
inner join {{ ref('fit_draws') }} as draws on judged.customer_id = draws.customer_id
where draws.draw * judged.customer_count < {{ segment_rule('largest_fit') }}
