with

pool_months as (
    select * from {{ ref('fct_open_pool_months') }}
),

units as (
    select * from {{ ref('fct_open_pool_units') }}
),

{{ pool_shares(['as_of_date']) }},

open_months as (
    select distinct
        as_of_date,
        month
    from {{ ref('fct_open_driver_units') }}
),

-- What was borne as of the day, less what is borne as known tonight.
borne as (
    select
        as_of_date,
        customer_id,
        month,
        statement_line,
        share as amount
    from shared
    union all
    select
        open_months.as_of_date,
        costs.customer_id,
        costs.month,
        tonights_pools.statement_line,
        -costs.amount as amount
    from open_months
    inner join {{ ref('fct_pool_costs') }} as costs on open_months.month = costs.month
    inner join {{ ref('fct_pool_months') }} as tonights_pools
        on costs.month = tonights_pools.month
        and costs.pool = tonights_pools.pool
)

select
    as_of_date,
    customer_id,
    month,
    statement_line,
    cast(sum(amount) as decimal(18, 2)) as amount
from borne
where coalesce(customer_id, '') <> {{ erased() }}
group by as_of_date, customer_id, month, statement_line
having sum(amount) <> 0
