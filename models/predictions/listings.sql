with

-- Whoever was merged since is one customer, in the group they were first put in.
listed as (
    select
        coalesce(aliases.customer_id, lists.customer_id) as customer_id,
        lists.listed_on,
        lists.reason,
        lists.is_held_out,
        row_number() over (
            partition by coalesce(aliases.customer_id, lists.customer_id)
            order by lists.listed_on, lists.customer_id
        ) as place
    from {{ ref('past_lists') }} as lists
    inner join {{ ref('dim_as_of') }} as as_of on lists.listed_on < as_of.as_of_date
    left join {{ ref('dim_customer_aliases') }} as aliases on lists.customer_id = aliases.account_id
)

select
    listed.customer_id,
    listed.listed_on,
    listed.reason,
    listed.is_held_out
from listed
inner join {{ ref('dim_customers') }} as customers on listed.customer_id = customers.customer_id
where listed.place = 1
