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

{{ follow_chains('merged_accounts', 'survivors') }},

-- Who was referred is who is left after the merges. Whoever then refers themselves was referred by nobody.
referred_customers as (
    select
        sound.customer_id as id,
        coalesce(surviving_referrers.root, sound.referred_by_customer_id) as parent
    from sound
    left join survivors on sound.customer_id = survivors.id
    left join survivors as surviving_referrers on sound.referred_by_customer_id = surviving_referrers.id
    where
        survivors.id is null
        and coalesce(surviving_referrers.root, sound.referred_by_customer_id) <> sound.customer_id
),

{{ follow_chains('referred_customers', 'referrals') }},

checked as (
    select
        versions.*,
        case
            when versions.standing = 'current' and survivors.is_endless then 'its merges go round in a circle'
        end as circular_merges,
        case
            when versions.standing = 'current' and referrals.is_endless then 'its referrals go round in a circle'
        end as circular_referrals
    from versions
    left join survivors on versions.customer_id = survivors.id
    left join referrals on versions.customer_id = referrals.id
)

{{ fates_of('customers', 'checked', ['circular_merges', 'circular_referrals']) }}
