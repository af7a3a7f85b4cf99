{#-
  The times of one key (valid_from to valid_until, empty: for good) follow each other without gap or overlap. Failing
  rows: a sentence on each that does not, naming the row.
-#}
{% test times_follow_each_other(model, key) %}
with

ordered as (
    select
        {% for column in key %}coalesce({{ column }}, '(empty)') || ', ' || {% endfor %}'from '
        || coalesce(cast(valid_from as string), '(empty)') as row_name,
        valid_from,
        coalesce(valid_until, cast('9999-12-31' as date)) as valid_until,
        lag(valid_from) over (partition by {{ key | join(', ') }} order by valid_from, valid_until) as previous_from,
        lag(coalesce(valid_until, cast('9999-12-31' as date)))
            over (partition by {{ key | join(', ') }} order by valid_from, valid_until) as previous_until
    from {{ model }}
)

select
    '{{ model.identifier }}.csv, row ' || row_name || ': ' || case
        when valid_from is null then 'valid_from is missing'
        when valid_until <= valid_from then 'it ends before it begins: valid_until must be after valid_from'
        when valid_from < previous_until
            then 'it overlaps the row from ' || cast(previous_from as string) || ': let that row end (valid_until) on '
                || cast(valid_from as string)
        else 'there is a gap after the row from ' || cast(previous_from as string) || ', which ends on '
            || cast(previous_until as string) || ': begin on that day'
    end as problem
from ordered
where
    valid_from is null
    or valid_until <= valid_from
    or valid_from <> previous_until
{% endtest %}
