-- Of a session in which nobody was logged in, the order says whose it was.
select
    session_id,
    min(customer_id) as customer_id
from {{ ref('fct_orders') }}
where session_id is not null and customer_id is not null
group by session_id
having count(distinct customer_id) = 1
