with

company as (
    select
        month,
        statement_line,
        amount as company
    from {{ ref('fct_company_profit_lines') }}
),

owners as (
    select
        month,
        statement_line,
        sum(case when profit_owner = 'customer' then amount else 0 end) as customers,
        sum(case when profit_owner = 'guests' then amount else 0 end) as guests,
        sum(case when profit_owner = 'unassigned' then amount else 0 end) as unassigned,
        sum(case when profit_owner = 'idle' then amount else 0 end) as idle
    from {{ ref('fct_profit_lines') }}
    group by month, statement_line
),

joined as (
    select
        coalesce(company.month, owners.month) as month,
        coalesce(company.statement_line, owners.statement_line) as statement_line,
        cast(coalesce(company.company, 0) as decimal(20, 2)) as company,
        cast(coalesce(owners.customers, 0) as decimal(20, 2)) as customers,
        cast(coalesce(owners.guests, 0) as decimal(20, 2)) as guests,
        cast(coalesce(owners.unassigned, 0) as decimal(20, 2)) as unassigned,
        cast(coalesce(owners.idle, 0) as decimal(20, 2)) as idle
    from company
    full outer join owners
        on company.month = owners.month
        and company.statement_line = owners.statement_line
)

select
    month,
    statement_line,
    company,
    customers,
    guests,
    unassigned,
    idle,
    cast(company - customers - guests - unassigned - idle as decimal(20, 2)) as difference
from joined
