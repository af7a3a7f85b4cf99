with

as_of as (
    select
        as_of_date,
        cast(date_trunc('quarter', as_of_date) as date) as quarter
    from {{ ref('dim_as_of') }}
),

first_purchase as (
    select min(ordered_on) as first_purchase_on
    from {{ ref('order_values') }}
),

-- Quarter ends: they stand still, so that a fit to one of them can be kept.
quarter_ends as (
    select {{ add_days(add_months('as_of.quarter', '-3 * numbers.number'), -1) }} as cut_on
    from as_of
    cross join ({{ whole_numbers(100) }}) as numbers
),

-- Those after which the whole holdout has passed, the latest first.
judged as (
    select
        quarter_ends.cut_on,
        {{ add_days(add_months(add_days('quarter_ends.cut_on', 1), 'rules.rule_value'), -1) }} as holdout_until,
        row_number() over (order by quarter_ends.cut_on desc) as place
    from quarter_ends
    cross join as_of
    cross join first_purchase
    inner join {{ ref('lifetime_value_rules') }} as rules on rules.rule = 'holdout_months'
    where
        {{ add_days(add_months(add_days('quarter_ends.cut_on', 1), 'rules.rule_value'), -1) }} <= as_of.as_of_date
        and quarter_ends.cut_on >= first_purchase.first_purchase_on
)

select
    judged.cut_on,
    judged.holdout_until,
    cast({{ days_between('judged.cut_on', 'judged.holdout_until') }} as int) as holdout_days
from judged
inner join {{ ref('lifetime_value_rules') }} as rules
    on rules.rule = 'cut_count'
    and judged.place <= rules.rule_value
