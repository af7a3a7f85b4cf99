{%- set dimensions = {
    'country': 'customers.country', 'region': 'customers.region', 'age band': 'customers.age_band',
    'gender': 'customers.gender', 'income band': 'customers.income_band', 'education': 'customers.education',
    'acquisition channel': 'customers.acquisition_channel',
    'cohort': 'cast(customers.acquired_month as string)',
    'purchase style': 'segments.purchase_style', 'motive': 'segments.motive', 'attitude': 'segments.attitude',
    'lifestyle': 'segments.lifestyle', 'premium group': 'segments.premium_group'
} -%}
{%- for dimension, column in segment_dimensions().items() -%}
{%- do dimensions.update({dimension: 'segments.' ~ column}) -%}
{%- endfor -%}
with

-- Each customer once, with the segment of each dimension in a column of its own.
placed as (
    select
        {% for value in dimensions.values() -%}
        {{ value }} as segment_{{ loop.index }},
        {% endfor -%}
        {{ statement_list('profits.') }}
    from {{ ref('customer_profit') }} as profits
    inner join {{ ref('dim_customers') }} as customers on profits.customer_id = customers.customer_id
    inner join {{ ref('customer_segments') }} as segments on profits.customer_id = segments.customer_id
),

dimensions as (
    {% for dimension in dimensions -%}
    select '{{ dimension }}' as dimension
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

by_dimension as (
    select
        dimensions.dimension,
        case dimensions.dimension
            {% for dimension in dimensions -%}
            when '{{ dimension }}' then placed.segment_{{ loop.index }}
            {% endfor -%}
        end as segment,
        {{ statement_list('placed.') }}
    from placed
    cross join dimensions
),

summed as (
    select
        dimension,
        segment,
        count(*) as customer_count,
        {{ statement_summed() }}
    from by_dimension
    group by dimension, segment
),

totals as (
    select
        *,
        sum(customer_count) over (partition by dimension) as all_customers,
        sum(net_profit) over (partition by dimension) as all_profit
    from summed
)

-- A cell of few customers would tell about persons: it is counted, and its money is not shown.
select
    dimension,
    segment,
    cast(customer_count as int) as customer_count,
    customer_count < {{ var('smallest_cell') }} as is_hidden,
    {% for line in statement_columns() -%}
    cast(case when customer_count >= {{ var('smallest_cell') }} then {{ line }} end as decimal(18, 2)) as {{ line }},
    {% endfor -%}
    {{ ratio('customer_count', 'all_customers') }} as customer_share,
    case
        when customer_count >= {{ var('smallest_cell') }} and all_profit > 0
            then {{ ratio('net_profit', 'all_profit') }}
    end as profit_share
from totals
