with

versions as (
    {{ versions_of('customers') }}
),

sound as (
    select
        customer_id,
        merged_into_customer_id,
        referred_by_customer_id
    from versions
    where standing = 'current' and broken is null
),

merged_accounts as (
    select
        customer_id as id,
        merged_into_customer_id as parent
    from sound
    where merged_into_customer_id is not null
),

{{ follow_chains('merged_accounts', 'merges') }},

-- Who was referred is who is left after the merges. Whoever then refers themselves was referred by nobody.
referred_customers as (
    select
        sound.customer_id as id,
        coalesce(referrer_merges.root, sound.referred_by_customer_id) as parent
    from sound
    left join merges on sound.customer_id = merges.id
    left join merges as referrer_merges on sound.referred_by_customer_id = referrer_merges.id
    where
        merges.id is null
        and coalesce(referrer_merges.root, sound.referred_by_customer_id) <> sound.customer_id
),

{{ follow_chains('referred_customers', 'referrals') }},

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
