{%- set measures = {
    'recency': 'ln(1 + recency_days)',
    'frequency': 'ln(purchase_count)',
    'order_value': 'ln(1 + greatest(cast(net_sales as double), 0) / order_count)',
    'tenure': 'ln(1 + ' ~ days_between('first_order_on', 'as_of_date') ~ ')'
} -%}
-- Logarithms: from one order to two is as far as from ten to twenty.
select
    {% for measure, logarithm in measures.items() -%}
    cast({{ logarithm }} as decimal(9, 4)) as {{ measure }},
    {% endfor -%}
    customer_id,
    as_of_date
from {{ ref('customer_day_measures') }}
where order_count > 0
