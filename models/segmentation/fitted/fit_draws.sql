select
    customer_id,
    {{ drawn_by_hash('customer_id', 'segment fits') }} as draw
from {{ ref('fct_customers_first_seen') }}
