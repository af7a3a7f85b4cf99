with

versions as (
    select * from {{ ref('customer_versions') }}
),

merged as (
    select * from {{ ref('customer_merges') }}
),

referred as (
    select * from {{ ref('customer_referrals') }}
),

checked as (
    select
        versions.*,
        case
            when versions.standing = 'current' and merged.is_endless then 'its merges go round in a circle'
        end as circular_merges,
        case
            when versions.standing = 'current' and referred.is_endless then 'its referrals go round in a circle'
        end as circular_referrals
    from versions
    left join merged on versions.customer_id = merged.id
    left join referred on versions.customer_id = referred.id
)

{{ fates_of('customers', 'checked', ['circular_merges', 'circular_referrals']) }}
