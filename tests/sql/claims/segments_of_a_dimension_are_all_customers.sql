-- What it is: in each dimension, every customer is in exactly one segment.
-- When it matters: bands overlap or leave a gap, or a join has doubled customers.
-- How to resolve it: the settings of the bands, then segment_profit.
select
    dimension,
    sum(customer_count) as customer_count
from {{ ref('segment_profit') }}
group by dimension
having sum(customer_count) <> (select count(*) from {{ ref('dim_customers') }})
