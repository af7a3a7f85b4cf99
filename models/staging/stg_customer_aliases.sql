with

merged_accounts as (
    select
        customer_id as id,
        merged_into_customer_id as parent
    from {{ ref('judged_customers') }}
    where fate = 'accepted' and merged_into_customer_id is not null
),

{{ follow_chains('merged_accounts') }}

select
    id as account_id,
    root as customer_id
from followed
