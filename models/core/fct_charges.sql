with

signs as (
    select
        statement_line,
        sign
    from {{ ref('statement_lines') }}
),

moved as (
    select
        order_id,
        customer_id,
        month,
        product_id,
        statement_line,
        net_of_discounts as income
    from {{ ref('fct_order_lines') }}
    where is_charge
    union all
    select
        order_id,
        customer_id,
        month,
        product_id,
        statement_line,
        -refunds as income
    from {{ ref('fct_refunds') }}
    where is_charge
)

-- A charge that is sold raises the profit: an income line takes it as it is, a cost line with its sign turned.
select
    moved.order_id,
    moved.customer_id,
    moved.month,
    moved.product_id,
    moved.statement_line,
    cast(moved.income * signs.sign as decimal(18, 2)) as amount
from moved
inner join signs on moved.statement_line = signs.statement_line
