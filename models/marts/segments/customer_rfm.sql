with

as_of as (
    select as_of_date from {{ ref('dim_as_of') }}
),

profits as (
    select
        customer_id,
        order_count,
        last_order_on,
        net_sales
    from {{ ref('customer_profit') }}
),

buyers as (
    select
        profits.customer_id,
        {{ days_between('profits.last_order_on', 'as_of.as_of_date') }} as recency_days,
        profits.order_count,
        profits.net_sales
    from profits
    cross join as_of
    where profits.order_count > 0
),

ranked as (
    select
        *,
        rank() over (order by recency_days desc) - 1 as recency_rank,
        rank() over (order by order_count) - 1 as frequency_rank,
        rank() over (order by net_sales) - 1 as monetary_rank,
        -- One buyer alone has nobody to be compared with, and ranks first and last.
        greatest(count(*) over () - 1, 1) as last_rank
    from buyers
),

scored as (
    select
        customer_id,
        recency_days,
        cast(least(5, 1 + {{ whole_quotient('5 * recency_rank', 'last_rank') }}) as int) as recency_score,
        cast(least(5, 1 + {{ whole_quotient('5 * frequency_rank', 'last_rank') }}) as int) as frequency_score,
        cast(least(5, 1 + {{ whole_quotient('5 * monetary_rank', 'last_rank') }}) as int) as monetary_score
    from ranked
)

select
    profits.customer_id,
    cast(scored.recency_days as int) as recency_days,
    profits.order_count,
    profits.net_sales,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    cast(scored.recency_score * 100 + scored.frequency_score * 10 + scored.monetary_score as string) as rfm_cell,
    coalesce(segments.rfm_segment, 'prospect') as rfm_segment
from profits
left join scored on profits.customer_id = scored.customer_id
left join {{ ref('rfm_segments') }} as segments
    on scored.recency_score = segments.recency_score
    and scored.frequency_score = segments.frequency_score
    and scored.monetary_score = segments.monetary_score
