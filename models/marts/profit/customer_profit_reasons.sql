with

costs as (
    select
        customer_id,
        cost_source,
        sum(amount) as amount
    from {{ ref('fct_profit_entries') }}
    where profit_owner = 'customer' and cost_basis is not null and cost_source not in ('goods', 'returned goods')
    group by customer_id, cost_source
),

ranked_costs as (
    select
        *,
        row_number() over (partition by customer_id order by amount desc, cost_source) as place
    from costs
    where amount > 0
)

select
    profits.customer_id,
    ranked_costs.cost_source as largest_cost_driver,
    cast(ranked_costs.amount as decimal(18, 2)) as largest_cost,
    case
        when profits.net_profit >= 0 then null
        when profits.gross_sales <= 0
            then loss_lines.label || ' of ' || cast(loss_lines.amount as string) || ' without a sale'
        when profits.net_sales <= 0 then 'gave back all that was bought'
        when loss_lines.segment_share is null or loss_lines.own_share <= loss_lines.segment_share
            then 'costs as much for its sales as its segment, which loses money'
        when {{ percent('loss_lines.segment_share') }} <= 0
            then
                loss_lines.label || ' ' || {{ percent_text('loss_lines.own_share') }}
                || ' of net sales, where its segment has next to none'
        else
            loss_lines.label || ' ' || {{ percent_text('loss_lines.own_share') }} || ' of net sales, '
            || {{ times_text('loss_lines.own_share', 'loss_lines.segment_share') }}
            || ' times the average of its segment (' || {{ percent_text('loss_lines.segment_share') }} || ')'
    end as why_unprofitable,
    segments.rfm_segment as compared_with
from {{ ref('customer_profit') }} as profits
left join {{ ref('customer_rfm') }} as segments on profits.customer_id = segments.customer_id
left join ranked_costs on profits.customer_id = ranked_costs.customer_id and ranked_costs.place = 1
left join {{ ref('loss_lines') }} as loss_lines on profits.customer_id = loss_lines.customer_id
