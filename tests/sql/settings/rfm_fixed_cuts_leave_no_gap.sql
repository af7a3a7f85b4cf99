-- What it is: for each measure, five scores that follow each other from no beginning to no end, better for the better.
-- When it matters: a cut was moved on one side only; customers would have two scores, or none.
-- How to resolve it: the row below, in rfm_fixed_cuts.csv.
with

ordered as (
    select
        *,
        row_number() over (partition by measure order by from_value nulls first, until_value nulls last) as place,
        lag(until_value) over (partition by measure order by from_value nulls first, until_value nulls last)
            as previous_until
    from {{ ref('rfm_fixed_cuts') }}
),

measures as (
    {% for measure in ['recency', 'frequency', 'monetary', 'profit'] -%}
    select '{{ measure }}' as measure
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    'rfm_fixed_cuts.csv, row ' || measure || ', ' || cast(score as string) || ': ' || case
        when place = 1 and from_value is not null then 'the first must have no beginning (empty)'
        when place > 1 and coalesce(from_value <> previous_until, true) then 'it must begin where the one before ends'
        when place = 5 and until_value is not null then 'the last must have no end (empty)'
        when place < 5 and until_value is null then 'only the last has no end'
        else 'scores must go ' || case when measure = 'recency' then 'down' else 'up' end || ' with the value'
    end as problem
from ordered
where
    (place = 1 and from_value is not null)
    or (place > 1 and coalesce(from_value <> previous_until, true))
    or (place = 5) <> (until_value is null)
    or score <> case when measure = 'recency' then 6 - place else place end
union all
select 'rfm_fixed_cuts.csv, ' || measures.measure || ': a measure has five scores' as problem
from measures
left join ordered on measures.measure = ordered.measure
group by measures.measure
having count(ordered.score) <> 5
