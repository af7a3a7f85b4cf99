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
),

-- Who brought no loss has no such line.
losses as (
    select
        loss_lines.*,
        case
            when profits.gross_sales <= 0 then 'no sale'
            when profits.net_sales <= 0 then 'all given back'
            when loss_lines.segment_share is null or loss_lines.own_share <= loss_lines.segment_share
                then 'like the segment'
            when {{ percent('loss_lines.segment_share') }} <= 0 then 'segment has none'
            else 'beyond the segment'
        end as loss_reason
    from {{ ref('customer_profit') }} as profits
    inner join {{ ref('loss_lines') }} as loss_lines on profits.customer_id = loss_lines.customer_id
)

select
    profits.customer_id,
    ranked_costs.cost_source as largest_cost_driver,
    cast(ranked_costs.amount as decimal(18, 2)) as largest_cost,
    losses.loss_reason,
    losses.statement_line as loss_line,
    losses.amount as loss_line_amount,
    losses.own_share as loss_line_share,
    losses.segment_share as segment_line_share,
    case losses.loss_reason
        when 'no sale' then losses.label || ' of ' || cast(losses.amount as string) || ' without a sale'
        when 'all given back' then 'gave back all that was bought'
        when 'like the segment' then 'costs as much for its sales as its segment, which loses money'
        when 'segment has none'
            then
                losses.label || ' ' || {{ percent_text('losses.own_share') }}
                || ' of net sales, where its segment has next to none'
        when 'beyond the segment'
            then
                losses.label || ' ' || {{ percent_text('losses.own_share') }} || ' of net sales, '
                || {{ times_text('losses.own_share', 'losses.segment_share') }}
                || ' times the average of its segment (' || {{ percent_text('losses.segment_share') }} || ')'
    end as why_unprofitable,
    segments.rfm_segment as compared_with
from {{ ref('customer_profit') }} as profits
left join {{ ref('customer_rfm') }} as segments on profits.customer_id = segments.customer_id
left join ranked_costs on profits.customer_id = ranked_costs.customer_id and ranked_costs.place = 1
left join losses on profits.customer_id = losses.customer_id
