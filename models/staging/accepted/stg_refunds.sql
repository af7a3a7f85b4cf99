select
    refunds.refund_id,
    refunds.order_id,
    refunds.line_number,
    coalesce(orders.account_id, refunds.customer_id) as account_id,
    {{ unless_erased('coalesce(orders.customer_id, aliases.customer_id, refunds.customer_id)') }} as customer_id,
    refunds.product_id,
    refunds.refunded_at,
    {{ local_date('refunds.refunded_at') }} as refunded_on,
    refunds.quantity,
    refunds.refund_amount
    {%- if var('prices_include_tax') %} - coalesce(refunds.tax_amount, 0){% endif %} as refund_amount,
    refunds.tax_amount,
    refunds.shipping_refunded,
    refunds.currency,
    refunds.reason,
    refunds.is_restocked
from {{ ref('judged_refunds') }} as refunds
left join {{ ref('stg_orders') }} as orders on refunds.order_id = orders.order_id
left join {{ ref('stg_customer_aliases') }} as aliases on refunds.customer_id = aliases.account_id
where
    refunds.fate = 'accepted'
    and {{ known_at('refunds.refunded_at') }}
    -- The order says whose money went back; only where it names nobody does the refund.
    and (refunds.order_id is null or orders.order_id is not null)
    and (orders.account_id is not null or {{ counts('refunds.customer_id') }})
