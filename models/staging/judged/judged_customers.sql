with

versions as (
    {{ versions_of('customers') }}
),

merged_accounts as (
    select
        customer_id as id,
        merged_into_customer_id as parent
    from versions
    where standing = 'current' and broken is null and merged_into_customer_id is not null
),

{{ follow_chains('merged_accounts') }},

checked as (
    select
        versions.*,
        case when followed.is_endless then 'its merges go round in a circle' end as circular
    from versions
    left join followed
        on versions.customer_id = followed.id
        and versions.standing = 'current'
)

{{ fates_of('customers', 'checked', ['circular']) }}
