with

profits as (
    select
        customer_id,
        sum(net_profit) as net_profit
    from {{ ref('customer_profit_monthly') }}
    where profit_owner = 'customer'
    group by customer_id
),

referrals as (
    select * from {{ ref('fct_referrals') }}
),

shares as (
    select * from {{ ref('referral_shares') }}
)

select
    referrals.customer_id,
    referrals.referrer_id,
    referrals.generation,
    {{ cents('cast(profits.net_profit as decimal(19, 2)) * shares.share') }} as amount
from referrals
inner join profits on referrals.customer_id = profits.customer_id
inner join shares on referrals.generation = shares.generation
