-- What it is: a test of hot products has no number for shops without one of their own (*).
-- When it matters: a row was taken out to switch a test off; where its value is known it would have no result.
-- How to resolve it: the row below, in hot_product_tests.csv; a number of 0 lets every product pass.
select 'hot_product_tests.csv, row *, ' || tests.test || ': it is missing; 0 lets every product pass' as problem
from (
    {% for test in ['units', 'first_visit_share', 'favourites', 'views'] -%}
    select '{{ test }}' as test
    {{ 'union all' if not loop.last }}
    {% endfor %}
) as tests
left join {{ ref('hot_product_tests') }} as numbers
    on tests.test = numbers.test
    and numbers.shop = '*'
where numbers.test is null
