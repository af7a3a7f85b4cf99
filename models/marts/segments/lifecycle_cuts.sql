{%- set measures = ['quiet', 'pause', 'pace', 'purchases'] -%}
with

cuts as (
    {% for measure in measures -%}
    {% for end in ['from', 'until'] -%}
    select
        '{{ measure }}' as measure,
        'settings' as chosen_by,
        cast({{ end }}_{{ measure }} as decimal(18, 6)) as cut
    from {{ ref('lifecycle_rules') }}
    where {{ end }}_{{ measure }} is not null
    union
    {% endfor -%}
    {% endfor -%}
    select
        trait as measure,
        'tree' as chosen_by,
        cast(amount as decimal(18, 6)) as cut
    from {{ ref('lifecycle_fits') }}
    where row_kind = 'cut'
),

known as (
    {% for measure in measures -%}
    select
        fit_on,
        customer_id,
        is_held_out,
        has_ordered_next,
        '{{ measure }}' as measure,
        cast({{ measure }} as decimal(18, 6)) as amount
    from {{ ref('lifecycle_samples') }}
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Settings say from where a stage begins; a tree, up to where a branch goes.
sided as (
    select
        cuts.measure,
        cuts.chosen_by,
        cuts.cut,
        known.fit_on,
        known.amount > cuts.cut or (cuts.chosen_by = 'settings' and known.amount = cuts.cut) as is_above,
        case when not known.is_held_out then 1 end as fitted,
        case when not known.is_held_out and known.has_ordered_next then 1 end as fitted_ordered,
        case when known.is_held_out then 1 end as judged,
        case when known.is_held_out and known.has_ordered_next then 1 end as judged_ordered
    from cuts
    inner join known on cuts.measure = known.measure
),

sides as (
    select
        measure,
        chosen_by,
        cut,
        fit_on,
        is_above,
        count(judged) as judged_count,
        count(judged_ordered) as ordered_count,
        case
            when count(fitted_ordered) * 2 > count(fitted) then count(judged_ordered)
            else count(judged) - count(judged_ordered)
        end as right_count
    from sided
    group by measure, chosen_by, cut, fit_on, is_above
)

select
    measure,
    chosen_by,
    cut,
    max(fit_on) as fit_on,
    cast(sum(judged_count) as int) as customer_count,
    {% for side, condition in {'below': 'not is_above', 'above': 'is_above'}.items() -%}
    cast(sum(case when {{ condition }} then judged_count else 0 end) as int) as {{ side }}_count,
    cast({{ ratio(
        'sum(case when ' ~ condition ~ ' then ordered_count end)', 'sum(case when ' ~ condition ~ ' then judged_count end)'
    ) }} as decimal(9, 6)) as {{ side }}_ordered_share,
    {% endfor -%}
    cast({{ ratio('sum(right_count)', 'sum(judged_count)') }} as decimal(9, 6)) as accuracy
from sides
group by measure, chosen_by, cut
