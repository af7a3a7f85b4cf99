with

customers as (
    select
        customer_id,
        net_profit
    from {{ ref('customer_profit') }}
    where order_count > 0 or net_profit <> 0
),

totals as (
    select
        count(*) as customer_count,
        sum(net_profit) as total_profit,
        -- The curve of single customers falls by all losses, also where its peak lies between two percentiles.
        sum(greatest(-net_profit, 0)) as lost_profit
    from customers
),

ranked as (
    select
        row_number() over (order by net_profit desc, customer_id) as profit_rank,
        sum(net_profit) over (
            order by net_profit desc, customer_id rows between unbounded preceding and current row
        ) as cumulative_profit
    from customers
),

percentiles as (
    {{ whole_numbers(101) }}
),

-- The customers within a percentile are the first p hundredths of them, rounded up.
reached as (
    select
        percentiles.number as customer_percentile,
        {{ whole_quotient('percentiles.number * totals.customer_count + 99', '100') }} as customer_count,
        totals.total_profit,
        totals.lost_profit
    from percentiles
    cross join totals
    where totals.customer_count > 0
),

points as (
    select
        reached.customer_percentile,
        reached.customer_count,
        cast(coalesce(ranked.cumulative_profit, 0) as decimal(18, 2)) as cumulative_profit,
        reached.total_profit,
        reached.lost_profit
    from reached
    left join ranked on reached.customer_count = ranked.profit_rank
),

peaks as (
    select max(cumulative_profit) as peak_profit from points
),

marked as (
    select
        points.*,
        peaks.peak_profit,
        points.customer_percentile = min(
            case when points.cumulative_profit = peaks.peak_profit then points.customer_percentile end
        ) over () as is_peak
    from points
    cross join peaks
)

select
    customer_percentile,
    customer_count,
    cumulative_profit,
    case when total_profit > 0 then {{ ratio('cumulative_profit', 'total_profit') }} end as share_of_total,
    case when peak_profit > 0 then {{ ratio('cumulative_profit', 'peak_profit') }} end as share_of_peak,
    is_peak,
    case when is_peak then cast(lost_profit as decimal(18, 2)) end as profit_lost_past_peak
from marked
