select
    month,
    pool,
    statement_line,
    driver,
    cost_basis,
    ledger_amount,
    amount,
    assigned,
    idle,
    unassigned,
    practical_capacity,
    capacity_used,
    {{ ratio('capacity_used', 'practical_capacity') }} as used_share,
    case
        when way = 'by capacity' then {{ ratio('amount', 'practical_capacity') }}
        when way <> 'no rule' then {{ ratio('assigned', 'capacity_used') }}
    end as unit_cost
from {{ ref('fct_pool_months') }}
