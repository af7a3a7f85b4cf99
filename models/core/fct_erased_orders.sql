select order_id
from {{ ref('stg_orders') }}
where account_id = {{ erased() }}
