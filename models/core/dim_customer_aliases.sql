select
    account_id,
    customer_id
from {{ ref('stg_customer_aliases') }}
