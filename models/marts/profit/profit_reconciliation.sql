with

company as (
    select
        month,
        statement_line,
        amount as company
    from {{ ref('fct_company_profit_lines') }}
),

months as (
    select
        profit_owner,
        month,
        {{ statement_summed() }}
    from {{ ref('customer_profit_monthly') }}
    group by profit_owner, month
),

owned as (
    {% for line in statement_columns() -%}
    select
        profit_owner,
        month,
        '{{ line }}' as statement_line,
        {{ line }} as amount
    from months
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

owners as (
    select
        month,
        statement_line,
        sum(case when profit_owner = 'customer' then amount else 0 end) as customers,
        sum(case when profit_owner = 'guests' then amount else 0 end) as guests,
        sum(case when profit_owner = 'erased' then amount else 0 end) as erased,
        sum(case when profit_owner = 'unassigned' then amount else 0 end) as unassigned,
        sum(case when profit_owner = 'idle' then amount else 0 end) as idle
    from owned
    group by month, statement_line
),

joined as (
    select
        coalesce(company.month, owners.month) as month,
        coalesce(company.statement_line, owners.statement_line) as statement_line,
        {{ money_or_zero('company.company') }} as company,
        {{ money_or_zero('owners.customers') }} as customers,
        {{ money_or_zero('owners.guests') }} as guests,
        {{ money_or_zero('owners.erased') }} as erased,
        {{ money_or_zero('owners.unassigned') }} as unassigned,
        {{ money_or_zero('owners.idle') }} as idle
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
    erased,
    unassigned,
    idle,
    cast(company - customers - guests - erased - unassigned - idle as decimal(18, 2)) as difference
from joined
