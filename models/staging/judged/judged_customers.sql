with

versions as (
    select * from {{ ref('customer_versions') }}
),

merges as (
    select * from {{ ref('customer_merges') }}
),

referrals as (
    select * from {{ ref('customer_referrals') }}
),

checked as (
    select
        versions.*,
        case when merges.is_endless then 'its merges go round in a circle' end as circular_merges,
        case when referrals.is_endless then 'its referrals go round in a circle' end as circular_referrals
    from versions
    left join merges
        on versions.customer_id = merges.id
        and versions.standing = 'current'
    left join referrals
        on versions.customer_id = referrals.id
        and versions.standing = 'current'
)

{{ fates_of('customers', 'checked', ['circular_merges', 'circular_referrals']) }}
