select
    month,
    pool,
    amount,
    practical_capacity
from {{ ref('stg_cost_pools') }}
