select lines.*
from {{ ref('stg_order_line_amounts') }} as lines
inner join {{ ref('stg_orders') }} as orders on lines.order_id = orders.order_id
