with

-- Without a customer, a sale is a guest's; marketing, and what a pool has left, is the company's own.
orders as (
    select
        {{ profit_owner('entries.customer_id', 'erased_orders.order_id is not null') }} as profit_owner,
        {{ unless_erased('entries.customer_id') }} as customer_id,
        entries.month,
        entries.statement_line,
        entries.cost_source,
        entries.cost_basis,
        entries.amount,
        entries.is_own
    from {{ ref('fct_order_entries') }} as entries
    left join {{ ref('fct_erased_orders') }} as erased_orders on entries.order_id = erased_orders.order_id
),

pools as (
    select
        {{ profit_owner('costs.customer_id') }} as profit_owner,
        {{ unless_erased('costs.customer_id') }} as customer_id,
        costs.month,
        pool_months.statement_line,
        costs.pool as cost_source,
        pool_months.cost_basis,
        costs.amount
    from {{ ref('fct_pool_costs') }} as costs
    inner join {{ ref('fct_pool_months') }} as pool_months
        on costs.month = pool_months.month
        and costs.pool = pool_months.pool
    union all
    select
        'idle' as profit_owner,
        cast(null as string) as customer_id,
        month,
        statement_line,
        pool as cost_source,
        cost_basis,
        idle as amount
    from {{ ref('fct_pool_months') }}
    union all
    select
        'unassigned' as profit_owner,
        cast(null as string) as customer_id,
        month,
        statement_line,
        pool as cost_source,
        cost_basis,
        unassigned as amount
    from {{ ref('fct_pool_months') }}
),

marketing as (
    select customer_id, month, 'acquisition_marketing' as statement_line, 'acquisition marketing' as cost_source, amount
    from {{ ref('fct_acquisition_marketing') }}
    union all
    select customer_id, month, 'retention_marketing' as statement_line, 'retention marketing' as cost_source, amount
    from {{ ref('fct_retention_marketing') }}
    union all
    -- Nobody in particular is won by spend on the brand.
    select
        cast(null as string) as customer_id,
        month,
        'acquisition_marketing' as statement_line,
        'brand marketing' as cost_source,
        amount
    from {{ ref('fct_marketing_spend') }}
    where purpose = 'brand'
),

entries as (
    select
        pools.*,
        false as is_own
    from pools
    union all
    select * from orders
    union all
    select
        case when customer_id is null then 'unassigned' else 'customer' end as profit_owner,
        customer_id,
        month,
        statement_line,
        cost_source,
        'actual' as cost_basis,
        amount,
        false as is_own
    from marketing
    union all
    -- Points are a customer's, so that who has no number any more was erased.
    select
        case when customer_id is null then 'erased' else 'customer' end as profit_owner,
        customer_id,
        month,
        'loyalty' as statement_line,
        'rewards' as cost_source,
        'actual' as cost_basis,
        cost_amount as amount,
        false as is_own
    from {{ ref('fct_loyalty_events') }}
)

select
    profit_owner,
    customer_id,
    month,
    statement_line,
    cost_source,
    cost_basis,
    cast(amount as decimal(18, 2)) as amount,
    is_own
from entries
where amount <> 0
