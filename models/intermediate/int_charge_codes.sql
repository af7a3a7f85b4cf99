select
    product_id,
    statement_line
from {{ ref('charge_codes') }}
where shop in ('*', '{{ var("shop") }}')
