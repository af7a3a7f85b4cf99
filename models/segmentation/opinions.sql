with

surveys as (
    select * from {{ ref('fct_surveys') }}
),

answers as (
    select
        customer_id,
        satisfaction
    from surveys
    union all
    select
        customer_id,
        satisfaction
    from {{ ref('fct_service_contacts') }}
    -- Who was erased has no opinion any more.
    where customer_id is not null
),

satisfied as (
    select
        customer_id,
        {{ ratio('sum(satisfaction)', 'count(satisfaction)') }} as satisfaction
    from answers
    group by customer_id
),

-- The last answer to each question counts, also where a later survey leaves it out.
{% for question in ['nps', 'motive', 'attitude', 'lifestyle'] -%}
last_{{ question }} as (
    select
        customer_id,
        {{ question }},
        row_number() over (partition by customer_id order by surveyed_at desc, survey_id desc) as place_from_last
    from surveys
    where {{ question }} is not null
),
{% endfor %}
customers as (
    select customer_id from satisfied
)

select
    customers.customer_id,
    satisfied.satisfaction,
    last_nps.nps,
    last_motive.motive,
    last_attitude.attitude,
    last_lifestyle.lifestyle
from customers
left join satisfied on customers.customer_id = satisfied.customer_id
{% for question in ['nps', 'motive', 'attitude', 'lifestyle'] -%}
left join last_{{ question }}
    on customers.customer_id = last_{{ question }}.customer_id
    and last_{{ question }}.place_from_last = 1
{% endfor %}
