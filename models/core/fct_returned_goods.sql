{{ returned_goods(ref('fct_refunds'), ref('fct_order_lines')) }}
