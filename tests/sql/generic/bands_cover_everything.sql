{#-
  Bands without gap or overlap, from `least` (or no beginning) to no end: each begins where the one before ends.
  Failing rows: a sentence on each that does not.
-#}
{% test bands_cover_everything(model, from_column, until_column, least=none) %}
with

ordered as (
    select
        {{ from_column }} as starts,
        {{ until_column }} as ends,
        row_number() over (order by {{ from_column }} nulls first, {{ until_column }} nulls last) as place,
        count(*) over () as band_count,
        lag({{ until_column }}) over (order by {{ from_column }} nulls first, {{ until_column }} nulls last) as previous_end
    from {{ model }}
)

select
    '{{ model.identifier }}.csv, row from ' || coalesce(cast(starts as string), '(no beginning)') || ' until '
    || coalesce(cast(ends as string), '(no end)') || ': '
    || case
        when place = 1 then 'the first band must begin at {{ least if least is not none else "no beginning (empty)" }}'
        when ends <= starts then 'it ends before it begins'
        when place = band_count and ends is not null then 'the last band must have no end'
        else 'it must begin where the one before ends, at ' || coalesce(cast(previous_end as string), '(no end)')
    end as problem
from ordered
where
    (place = 1 and starts is distinct from {{ least if least is not none else 'null' }})
    or ends <= starts
    or (place > 1 and starts is distinct from previous_end)
    or (place = band_count and ends is not null)
{% endtest %}
