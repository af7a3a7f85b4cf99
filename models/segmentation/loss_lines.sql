{%- set said_of_a_line = {'statement_line': ["'", "'"], 'amount': ['', ''], 'segment_share': ['share_of_', '']} -%}
with

segments as (
    select
        customer_id,
        rfm_segment
    from {{ ref('customer_rfm') }}
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
    select
        {% for line in statement_costs() -%}
        case when net_sales > 0 then {{ ratio(line, 'net_sales') }} end as share_of_{{ line }},
        {% endfor -%}
        rfm_segment
    from segment_sums
),

-- Only who brought a loss is asked why: what each line costs beyond the segment's share of the same sales.
losses as (
    select
        {% for line in statement_costs() -%}
        profits.{{ line }},
        segment_shares.share_of_{{ line }},
        {{ cents(
            'cast(cast(profits.' ~ line ~ ' as double) - coalesce(segment_shares.share_of_' ~ line ~ ', 0)
                * greatest(cast(profits.net_sales as double), 0) as decimal(20, 6))'
        ) }} as beyond_{{ line }},
        {% endfor -%}
        profits.customer_id,
        profits.net_sales
    from {{ ref('customer_profit') }} as profits
    inner join segments on profits.customer_id = segments.customer_id
    inner join segment_shares on segments.rfm_segment = segment_shares.rfm_segment
    where profits.net_profit < 0
),

compared as (
    select
        *,
        greatest(
            {% for line in statement_costs() -%}
            beyond_{{ line }}{{ ',' if not loop.last }}
            {% endfor %}
        ) as largest
    from losses
),

-- The statement's order decides between lines that are as large.
largest_lines as (
    select
        {% for said, around in said_of_a_line.items() -%}
        case
            {% for line in statement_costs() -%}
            when beyond_{{ line }} = largest then {{ around | join(line) }}
            {% endfor -%}
        end as {{ said }},
        {% endfor -%}
        customer_id,
        net_sales
    from compared
)

select
    largest_lines.customer_id,
    largest_lines.statement_line,
    lines.label,
    largest_lines.amount,
    {{ ratio('largest_lines.amount', 'largest_lines.net_sales') }} as own_share,
    largest_lines.segment_share
from largest_lines
inner join {{ ref('statement_lines') }} as lines on largest_lines.statement_line = lines.statement_line
