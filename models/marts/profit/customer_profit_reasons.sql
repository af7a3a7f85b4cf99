with

segments as (
    select
        customer_id,
        rfm_segment
    from {{ ref('customer_rfm') }}
),

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

segment_sums as (
    select
        segments.rfm_segment,
        {{ statement_summed() }}
    from {{ ref('customer_profit') }} as profits
    inner join segments on profits.customer_id = segments.customer_id
    group by segments.rfm_segment
),

segment_shares as (
    {% for line in statement_costs() -%}
    select
        rfm_segment,
        '{{ line }}' as statement_line,
        case when net_sales > 0 then {{ ratio(line, 'net_sales') }} end as segment_share
    from segment_sums
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Only who brought a loss is asked why.
losses as (
    select
        customer_id,
        net_sales,
        {{ statement_costs() | join(',\n        ') }}
    from {{ ref('customer_profit') }}
    where net_profit < 0
),

taken_off as (
    {% for line in statement_costs() -%}
    select
        customer_id,
        net_sales,
        '{{ line }}' as statement_line,
        {{ line }} as amount
    from losses
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

shares as (
    select
        taken_off.*,
        {{ ratio('taken_off.amount', 'taken_off.net_sales') }} as own_share,
        segment_shares.segment_share
    from taken_off
    inner join segments on taken_off.customer_id = segments.customer_id
    inner join segment_shares
        on segments.rfm_segment = segment_shares.rfm_segment
        and taken_off.statement_line = segment_shares.statement_line
),

-- The line on which the customer costs most beyond what its segment costs for the same sales.
ranked_shares as (
    select
        shares.*,
        lines.label,
        row_number() over (
            partition by shares.customer_id
            order by {{ cents('cast(cast(shares.amount as double) - coalesce(shares.segment_share, 0)
                * greatest(cast(shares.net_sales as double), 0) as decimal(20, 6))') }} desc, lines.position
        ) as place
    from shares
    inner join {{ ref('statement_lines') }} as lines on shares.statement_line = lines.statement_line
)

select
    profits.customer_id,
    ranked_costs.cost_source as largest_cost_driver,
    cast(ranked_costs.amount as decimal(18, 2)) as largest_cost,
    case
        when profits.net_profit >= 0 then null
        when profits.gross_sales <= 0
            then ranked_shares.label || ' of ' || cast(ranked_shares.amount as string) || ' without a sale'
        when profits.net_sales <= 0 then 'gave back all that was bought'
        when ranked_shares.segment_share is null or ranked_shares.own_share <= ranked_shares.segment_share
            then 'costs as much for its sales as its segment, which loses money'
        when {{ percent('ranked_shares.segment_share') }} <= 0
            then
                ranked_shares.label || ' ' || {{ percent_text('ranked_shares.own_share') }}
                || ' of net sales, where its segment has next to none'
        else
            ranked_shares.label || ' ' || {{ percent_text('ranked_shares.own_share') }} || ' of net sales, '
            || {{ times_text('ranked_shares.own_share', 'ranked_shares.segment_share') }}
            || ' times the average of its segment (' || {{ percent_text('ranked_shares.segment_share') }} || ')'
    end as why_unprofitable,
    segments.rfm_segment as compared_with
from {{ ref('customer_profit') }} as profits
left join segments on profits.customer_id = segments.customer_id
left join ranked_costs on profits.customer_id = ranked_costs.customer_id and ranked_costs.place = 1
left join ranked_shares on profits.customer_id = ranked_shares.customer_id and ranked_shares.place = 1
