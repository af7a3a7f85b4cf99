-- What it is: each of the 125 cells has a segment.
-- When it matters: a cell was deleted from rfm_segments.csv; its customers would be called prospects.
-- How to resolve it: give the cell below a name.
with

scores as (
    select number + 1 as score
    from ({{ whole_numbers(5) }}) as numbers
)

select
    recency.score as recency_score,
    frequency.score as frequency_score,
    monetary.score as monetary_score
from scores as recency
cross join scores as frequency
cross join scores as monetary
left join {{ ref('rfm_segments') }} as segments
    on recency.score = segments.recency_score
    and frequency.score = segments.frequency_score
    and monetary.score = segments.monetary_score
where segments.rfm_segment is null
