-- The statement of each customer: whole, of the last twelve months, and of the twelve before; and what was earned with
-- those whom a customer referred, which is taken off there.
create or replace table floor.customer_profit as
with

as_of as (
    select
        (as_of_month - interval 11 month)::date as last_from,
        (as_of_month - interval 23 month)::date as previous_from
    from warehouse.core.dim_as_of
),

months as (
    select * exclude (profit_owner, order_count, actual_cost_share, standard_cost_share, assumed_cost_share)
    from floor.customer_profit_monthly
    where customer_id is not null
),

summed as (
    select
        customer_id,
        sum(columns(* exclude (customer_id, month)))::decimal(18, 2) as "\0",
        coalesce(sum(columns(* exclude (customer_id, month)))
            filter (where month >= (select last_from from as_of)), 0)::decimal(18, 2) as "\0_last_12_months",
        coalesce(sum(columns(* exclude (customer_id, month)))
            filter (where month >= (select previous_from from as_of) and month < (select last_from from as_of)), 0)
            ::decimal(18, 2) as "\0_previous_12_months"
    from months
    group by customer_id
),

referred as (
    select customer_id, referrer_id, round(net_profit * share, 2)::decimal(18, 2) as amount
    from warehouse.core.fct_referrals
    inner join summed using (customer_id)
    inner join warehouse.settings.referral_shares using (generation)
),

received as (select referrer_id as customer_id, sum(amount) as amount from referred group by all),

given as (select customer_id, sum(amount) as amount from referred group by all),

company as (select nullif(greatest(sum(net_profit), 0), 0)::double as profit from floor.company_profit_monthly),

orders as (
    select
        customer_id,
        count(*)::int as order_count,
        min(ordered_on) as first_order_on,
        max(ordered_on) as last_order_on
    from warehouse.core.fct_orders
    where is_counted and customer_id is not null
    group by customer_id
)

select
    customer_id,
    coalesce(orders.order_count, 0) as order_count,
    orders.first_order_on,
    orders.last_order_on,
    coalesce(columns(summed.* exclude (customer_id)), 0)::decimal(18, 2) as "\0",
    summed.net_profit::double / nullif(greatest(summed.net_sales, 0)::double, 0) as margin,
    coalesce(summed.net_profit, 0)::double / company.profit as contribution_share,
    coalesce(received.amount, 0)::decimal(18, 2) as indirect_profit,
    coalesce(given.amount, 0)::decimal(18, 2) as profit_to_referrers,
    (coalesce(summed.net_profit, 0) + coalesce(received.amount, 0) - coalesce(given.amount, 0))::decimal(18, 2)
        as adjusted_profit,
    adjusted_profit::double / company.profit as adjusted_share
from (select customer_id from warehouse.core.dim_customers)
cross join company
left join summed using (customer_id)
left join orders using (customer_id)
left join received using (customer_id)
left join given using (customer_id)
