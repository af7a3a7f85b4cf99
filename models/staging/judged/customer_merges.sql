with

merged_accounts as (
    select
        customer_id as id,
        merged_into_customer_id as parent
    from {{ ref('customer_versions') }}
    where
        standing = 'current'
        and broken is null
        and merged_into_customer_id is not null
),

{{ follow_chains('merged_accounts') }}

select
    id,
    root,
    is_endless
from followed
