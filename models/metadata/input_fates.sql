with

-- Of who was erased, what bears money stays in its place, and counts as erased.
erased_orders as (
    select distinct order_id
    from {{ ref('judged_orders') }}
    where customer_id = {{ erased() }}
),

fates as (
    {% for table in input_tables() -%}
    select
        '{{ table }}' as table_name,
        judged.load_id,
        case
            when judged.fate = 'accepted' and ({{ is_of_erased(table, 'judged', 'erased_orders') }}) then 'erased'
            else judged.fate
        end as fate,
        {{ money_of(table) }} as money
    from {{ ref('judged_' ~ table) }} as judged
    {% if hangs_on_order(table) -%}
    left join erased_orders on judged.order_id = erased_orders.order_id
    {% endif -%}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    table_name,
    load_id,
    fate,
    count(*) as row_count,
    sum(money) as money
from fates
group by table_name, load_id, fate
