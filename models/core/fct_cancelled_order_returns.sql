{{ returned_goods(
    ref('fct_cancelled_order_refunds'), ref('fct_cancelled_order_lines'), ['refunded_on', 'cancelled_on']
) }}
