with

pool_months as (
    select * from {{ ref('fct_pool_months') }}
),

units as (
    select * from {{ ref('fct_pool_units') }}
),

{{ pool_shares() }}

select
    customer_id,
    month,
    pool,
    is_shared_by_standard_cost,
    weight,
    share as amount
from shared
