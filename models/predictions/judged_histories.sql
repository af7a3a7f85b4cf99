with

hashed as (
    select
        *,
        md5(customer_id) as customer_hash
    from {{ ref('past_histories') }}
),

-- A customer's place among 4096, by the hash of the id: the same one every night.
drawn as (
    select
        *,
        256 * instr('123456789abcdef', substr(customer_hash, 1, 1))
        + 16 * instr('123456789abcdef', substr(customer_hash, 2, 1))
        + instr('123456789abcdef', substr(customer_hash, 3, 1)) as place
    from hashed
)

select
    drawn.customer_id,
    drawn.cut_on,
    drawn.holdout_days,
    drawn.repeats,
    drawn.recency_days,
    drawn.age_days,
    drawn.total_value,
    drawn.repeat_value,
    drawn.holdout_orders,
    drawn.holdout_value,
    drawn.recent_orders,
    drawn.recent_value
from drawn
inner join {{ ref('past_cohorts') }} as cohorts
    on drawn.cut_on = cohorts.cut_on
    and drawn.place < 4096 * {{ value_rule('judged_customers') }} / cohorts.customer_count
