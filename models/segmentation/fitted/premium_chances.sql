with

customers as (
    select
        customer_id,
        as_of_date
    from {{ ref('customer_day_measures') }}
    where is_tonight and order_count > 0
),

asked as (
    select
        fits.*,
        choice.intercept
    from {{ ref('premium_fits') }} as fits
    inner join {{ ref('premium_choice') }} as choice on fits.model = choice.model
),

discriminant as (
    select *
    from asked
    where model = 'discriminant' and row_kind = 'trait'
),

conditions as (
    select *
    from asked
    where model = 'tree' and row_kind = 'condition'
),

leaves as (
    select *
    from asked
    where model = 'tree' and row_kind = 'leaf'
),

-- Who has no trait at all; to six decimals each, so that a sum is the same in any order.
without_traits as (
    select
        max(intercept) + cast(sum(cast(-amount * trait_mean / trait_spread as decimal(28, 6))) as double) as score
    from discriminant
),

told as (
    select
        traits.customer_id,
        cast(sum(cast(discriminant.amount * traits.amount / discriminant.trait_spread as decimal(28, 6))) as double)
            as score
    from {{ ref('customer_traits') }} as traits
    inner join discriminant on traits.trait = discriminant.trait
    inner join customers
        on traits.customer_id = customers.customer_id
        and traits.as_of_date = customers.as_of_date
    group by traits.customer_id
),

scored as (
    select
        customers.customer_id,
        without_traits.score + coalesce(told.score, 0) as score
    from customers
    cross join without_traits
    left join told on customers.customer_id = told.customer_id
    where without_traits.score is not null
),

missed as (
    select
        customers.customer_id,
        conditions.leaf
    from customers
    cross join conditions
    left join {{ ref('customer_traits') }} as traits
        on customers.customer_id = traits.customer_id
        and customers.as_of_date = traits.as_of_date
        and conditions.trait = traits.trait
    where
        coalesce(traits.amount, 0) <= conditions.from_amount
        or coalesce(traits.amount, 0) > conditions.until_amount
    group by customers.customer_id, conditions.leaf
)

select
    customer_id,
    cast(1 / (1 + exp(-greatest(least(score, 30), -30))) as decimal(9, 6)) as premium_chance
from scored
union all
select
    customers.customer_id,
    cast(leaves.chance as decimal(9, 6)) as premium_chance
from customers
cross join leaves
left join missed
    on customers.customer_id = missed.customer_id
    and leaves.leaf = missed.leaf
where missed.customer_id is null
