select
    month,
    channel,
    customer_id,
    amount
from {{ ref('fct_attributed_marketing') }}
where is_statement
