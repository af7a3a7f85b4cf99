with

profits as (
    select
        customer_id,
        as_of_date,
        contribution_2_last_12_months
    from {{ ref('customer_day_measures') }}
),

{{ abc_tiers('profits', 'customer_id', 'contribution_2_last_12_months', ['as_of_date']) }}

select
    customer_id,
    as_of_date,
    contribution_2_last_12_months,
    abc_tier
from tiered
