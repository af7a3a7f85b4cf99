{%- set amounts = {
    'orders': 'ln(order_count)',
    'products': 'ln(product_count)',
    'first order value': 'ln(1 + greatest(cast(gross_sales - discounts as double), 0))',
    'products in the first order': 'ln(goods_line_count)',
    'first order at a discount': 'case when discounts > 0 then 1 else 0 end',
    'years a customer': days_between('first_order_on', 'as_of_date') ~ ' / 365.25'
} -%}
{%- set kinds = ['age_band', 'gender', 'income_band', 'education', 'country', 'acquisition_channel'] -%}
with

days as (
    select distinct as_of_date
    from (
        select as_of_date
        from {{ ref('fit_days') }}
        where is_tonight
        union all
        select fit_on as as_of_date
        from {{ ref('fit_days') }}
        where is_tonight
    ) as both_days
),

measures as (
    select
        measures.customer_id,
        measures.as_of_date,
        measures.order_count,
        measures.first_order_on
    from {{ ref('customer_day_measures') }} as measures
    inner join days on measures.as_of_date = days.as_of_date
    where measures.order_count > 0
),

first_orders as (
    select
        customer_id,
        gross_sales,
        discounts,
        greatest(goods_line_count, 1) as goods_line_count
    from {{ ref('fct_orders') }}
    where order_number = 1
),

bought as (
    select
        lines.customer_id,
        days.as_of_date,
        count(distinct lines.product_id) as product_count
    from {{ ref('fct_order_lines') }} as lines
    inner join days on lines.ordered_on <= days.as_of_date
    where not lines.is_charge and lines.customer_id is not null
    group by lines.customer_id, days.as_of_date
),

known as (
    select
        measures.*,
        bought.product_count,
        first_orders.gross_sales,
        first_orders.discounts,
        first_orders.goods_line_count
    from measures
    left join first_orders on measures.customer_id = first_orders.customer_id
    left join bought
        on measures.customer_id = bought.customer_id
        and measures.as_of_date = bought.as_of_date
)

-- Nothing that says what somebody earned the shop: that is what premium means. A trait of 0 needs no row.
{% for trait, amount in amounts.items() -%}
select
    known.customer_id,
    known.as_of_date,
    '{{ trait }}' as trait,
    cast({{ amount }} as decimal(9, 4)) as amount
from known
where {{ amount }} <> 0
union all
{% endfor -%}
{% for kind in kinds -%}
select
    measures.customer_id,
    measures.as_of_date,
    '{{ kind | replace('_', ' ') }}: ' || customers.{{ kind }} as trait,
    cast(1 as decimal(9, 4)) as amount
from measures
inner join {{ ref('dim_customers') }} as customers on measures.customer_id = customers.customer_id
where customers.{{ kind }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
