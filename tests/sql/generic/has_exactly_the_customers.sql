{#- A customer-grain mart has the customers of dim_customers, all and no others. Failing rows: who is missing or too many. -#}
{% test has_exactly_the_customers(model) %}
select
    coalesce(dim.customer_id, mart.customer_id) as customer_id,
    case when mart.customer_id is null then 'missing' else 'not a customer' end as what
from {{ ref('dim_customers') }} as dim
full outer join {{ model }} as mart on dim.customer_id = mart.customer_id
where dim.customer_id is null or mart.customer_id is null
{% endtest %}
