with

sound as (
    select
        customer_id,
        referred_by_customer_id
    from {{ ref('customer_versions') }}
    where standing = 'current' and broken is null
),

merged as (
    select * from {{ ref('customer_merges') }}
),

-- Who was referred is who is left after the merges. Whoever then refers themselves was referred by nobody.
referred_customers as (
    select
        sound.customer_id as id,
        coalesce(merged_referrers.root, sound.referred_by_customer_id) as parent
    from sound
    left join merged on sound.customer_id = merged.id
    left join merged as merged_referrers on sound.referred_by_customer_id = merged_referrers.id
    where
        merged.id is null
        and coalesce(merged_referrers.root, sound.referred_by_customer_id) <> sound.customer_id
),

{{ follow_chains('referred_customers', 'referrals') }}

select
    id,
    root,
    is_endless
from referrals
