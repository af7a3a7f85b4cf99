with

referred as (
    select
        customer_id,
        referred_by_customer_id as referrer_id
    from {{ ref('dim_customers') }}
    where referred_by_customer_id is not null
),

generation_1 as (
    select
        customer_id,
        referrer_id
    from referred
),
{% for generation in range(2, generations_followed() + 1) %}
generation_{{ generation }} as (
    select
        nearer.customer_id,
        referred.referrer_id
    from generation_{{ generation - 1 }} as nearer
    inner join referred on nearer.referrer_id = referred.customer_id
),
{% endfor %}
generations as (
    {% for generation in range(1, generations_followed() + 1) -%}
    select
        customer_id,
        referrer_id,
        {{ generation }} as generation
    from generation_{{ generation }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from generations
