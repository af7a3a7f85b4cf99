with

named as (
    {{ settings_of_shop(ref('customers_left_out'), ['customer_id'], ['customer_id', 'reason']) }}
),

-- Settings name customers by the shop's own numbers, whatever the tables carry.
of_this_shop as (
    {% if var('customer_ids') == 'keyed' -%}
    select
        coalesce(keys.customer_key, named.customer_id) as customer_id,
        named.reason
    from named
    left join landed.customer_keys as keys on named.customer_id = keys.customer_id
    {%- else -%}
    select * from named
    {%- endif %}
),

aliases as (
    select * from {{ ref('stg_customer_aliases') }}
),

-- Merged accounts are one person: whoever leaves out one of them leaves out the person.
persons as (
    select
        coalesce(aliases.customer_id, of_this_shop.customer_id) as customer_id,
        min(of_this_shop.reason) as reason
    from of_this_shop
    left join aliases on of_this_shop.customer_id = aliases.account_id
    group by coalesce(aliases.customer_id, of_this_shop.customer_id)
)

select
    customer_id as account_id,
    customer_id,
    reason
from persons
union all
select
    aliases.account_id,
    persons.customer_id,
    persons.reason
from aliases
inner join persons on aliases.customer_id = persons.customer_id
