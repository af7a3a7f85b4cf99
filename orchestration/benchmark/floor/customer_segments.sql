-- RFM by sales and by profit, and ABC, of tonight.
create or replace table floor.customer_rfm as
with

bought as (
    select
        customer_id,
        date_diff('day', last_order_on, as_of_date)::int as recency_days,
        order_count,
        net_sales,
        contribution_2,
        greatest(count(*) over () - 1, 1) as last_rank,
        rank() over (order by last_order_on) - 1 as recency_rank,
        rank() over (order by order_count) - 1 as frequency_rank,
        rank() over (order by net_sales) - 1 as monetary_rank,
        rank() over (order by contribution_2) - 1 as profit_rank
    from floor.customer_profit cross join warehouse.core.dim_as_of
    where order_count > 0
)

select
    customer_id,
    recency_days,
    order_count,
    net_sales,
    contribution_2,
    least(5, 1 + 5 * recency_rank // last_rank)::int as recency_score,
    least(5, 1 + 5 * frequency_rank // last_rank)::int as frequency_score,
    least(5, 1 + 5 * monetary_rank // last_rank)::int as monetary_score,
    least(5, 1 + 5 * profit_rank // last_rank)::int as profit_score,
    concat(recency_score, frequency_score, monetary_score) as rfm_cell,
    concat(recency_score, frequency_score, profit_score) as profit_rfm_cell
from bought
union all by name
select customer_id, order_count, net_sales, contribution_2 from floor.customer_profit where order_count = 0;

create or replace table floor.customer_abc as
with

earners as (
    select
        customer_id,
        contribution_2_last_12_months,
        (sum(contribution_2_last_12_months) over (order by contribution_2_last_12_months desc, customer_id
            rows unbounded preceding) - contribution_2_last_12_months)
            / sum(contribution_2_last_12_months) over () as share_before
    from floor.customer_profit
    where contribution_2_last_12_months > 0
)

select
    customer_id,
    contribution_2_last_12_months,
    case when share_before < 0.8 then 'A' when share_before < 0.95 then 'B' else 'C' end as abc_tier
from earners
union all
select customer_id, contribution_2_last_12_months, case when contribution_2_last_12_months < 0 then 'loss' else 'C' end
from floor.customer_profit
where contribution_2_last_12_months <= 0
