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

profits as (
    select * from {{ ref('customer_profit') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

segments as (
    select * from {{ ref('customer_segments') }}
),

placed as (
    {% for dimension, value in dimensions.items() -%}
    select
        '{{ dimension }}' as dimension,
        {{ value }} as segment,
        profits.customer_id,
        {{ statement_list('profits.') }}
    from profits
    inner join customers on profits.customer_id = customers.customer_id
    inner join segments on profits.customer_id = segments.customer_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

summed as (
    select
        dimension,
        segment,
        count(*) as customer_count,
        {{ statement_summed() }}
    from placed
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
