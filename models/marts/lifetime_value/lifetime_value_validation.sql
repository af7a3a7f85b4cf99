with

scores as (
    select
        cut_on,
        candidate,
        customer_id,
        'orders' as target,
        predicted_orders as predicted,
        cast(actual_orders as double) as actual,
        cast(null as boolean) as is_covered
    from {{ ref('past_scores') }}
    union all
    select
        cut_on,
        candidate,
        customer_id,
        'value' as target,
        predicted_value as predicted,
        actual_value as actual,
        actual_value between value_low and value_high as is_covered
    from {{ ref('past_scores') }}
),

-- Equal ones share the mean of their ranks, so that no order among them matters. Losses count as nothing gained, and
-- what all have gained ranks nobody: beside it, a double would lose what they differ by.
ranked as (
    select
        *,
        cast(
            greatest(actual, 0) - min(greatest(actual, 0)) over (partition by cut_on, candidate, target)
            as decimal(28, 6)
        ) as gained,
        rank() over (partition by cut_on, candidate, target order by predicted)
        + (count(*) over (
            partition by cut_on, candidate, target order by predicted range between current row and current row
        ) - 1) / cast(2 as double) as predicted_rank,
        rank() over (partition by cut_on, candidate, target order by actual)
        + (count(*) over (
            partition by cut_on, candidate, target order by actual range between current row and current row
        ) - 1) / cast(2 as double) as actual_rank
    from scores
),

measured as (
    select
        cut_on,
        candidate,
        target,
        count(*) as customer_count,
        sum(cast(predicted as decimal(28, 6))) as predicted_total,
        sum(cast(actual as decimal(28, 6))) as actual_total,
        sum(cast(abs(predicted - actual) as decimal(28, 6))) as absolute_error,
        sum(cast(predicted_rank * gained as decimal(28, 8))) as gained_by_prediction,
        sum(cast(actual_rank * gained as decimal(28, 8))) as gained_by_truth,
        sum(gained) as gained,
        sum(cast(predicted_rank * predicted_rank as decimal(28, 2))) as predicted_squares,
        sum(cast(actual_rank * actual_rank as decimal(28, 2))) as actual_squares,
        sum(cast(predicted_rank * actual_rank as decimal(28, 2))) as products,
        count(*) filter (where is_covered) as covered_count,
        count(is_covered) as interval_count
    from ranked
    group by cut_on, candidate, target
),

-- Gini: twice the area between the curve of what was gained and the diagonal; normalised by that of a perfect ranking.
-- Spearman: the correlation of the ranks, whose mean is half of one more than there are.
shown as (
    select
        *,
        cast(customer_count as double) * (customer_count + 1) * (customer_count + 1) / 4 as mean_square,
        cast(customer_count + 1 as double) * cast(gained as double) / 2 as gained_by_chance
    from measured
)

select
    shown.cut_on,
    cuts.holdout_until,
    shown.candidate,
    candidates.candidate is null as is_rival,
    shown.target,
    shown.customer_count,
    cast(shown.predicted_total as decimal(18, 2)) as predicted_total,
    cast(shown.actual_total as decimal(18, 2)) as actual_total,
    cast({{ ratio('shown.predicted_total', 'shown.actual_total') }} - 1 as decimal(20, 6)) as total_bias,
    cast({{ ratio('shown.absolute_error', 'shown.customer_count') }} as decimal(20, 6)) as mean_absolute_error,
    cast(
        (cast(shown.products as double) - shown.mean_square) / nullif(sqrt(
            greatest(cast(shown.predicted_squares as double) - shown.mean_square, 0)
            * greatest(cast(shown.actual_squares as double) - shown.mean_square, 0)
        ), 0) as decimal(20, 6)
    ) as rank_correlation,
    cast(
        (cast(shown.gained_by_prediction as double) - shown.gained_by_chance)
        / nullif(cast(shown.gained_by_truth as double) - shown.gained_by_chance, 0) as decimal(20, 6)
    ) as normalised_gini,
    cast({{ ratio('shown.covered_count', 'shown.interval_count') }} as decimal(20, 6)) as interval_coverage
from shown
inner join {{ ref('history_cuts') }} as cuts on shown.cut_on = cuts.cut_on
left join {{ ref('value_candidates') }} as candidates on shown.candidate = candidates.candidate
