select
    month,
    pool,
    amount
from {{ ref('stg_cost_pools') }}
