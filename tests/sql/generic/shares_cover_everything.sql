{#- Cut-offs from 0 to 1 without gap or overlap: each begins where another ends. Failing rows: those that do not. -#}
{% test shares_cover_everything(model, from_column, to_column) %}
with

ordered as (
    select
        {{ from_column }} as starts,
        {{ to_column }} as ends,
        lag({{ to_column }}) over (order by {{ from_column }}) as previous_end,
        lead({{ from_column }}) over (order by {{ from_column }}) as next_start
    from {{ model }}
)

select *
from ordered
where
    starts >= ends
    or coalesce(previous_end, 0) <> starts
    or (next_start is null and ends <> 1)
{% endtest %}
