with

as_of as (
    select
        as_of_date,
        as_of_month
    from {{ ref('dim_as_of') }}
),

-- The ends of the last months, and of the one before them, to see what the first of them changed.
month_ends as (
    select
        {{ add_months('as_of.as_of_month', '-numbers.number') }} as month,
        least({{ add_days(add_months('as_of.as_of_month', '1 - numbers.number'), -1) }}, as_of.as_of_date)
            as month_end_on
    from as_of
    inner join ({{ whole_numbers(1201) }}) as numbers on numbers.number <= {{ value_rule('equity_months') }}
),

-- Silent are those who were customers before the month and ordered nothing in it.
histories as (
    select
        month_ends.month,
        days.first_on >= month_ends.month as is_won,
        days.ordered_on < month_ends.month as is_silent,
        cast({{ days_between('month_ends.month', 'month_ends.month_end_on') }} + 1 as int) as month_days,
        days.place - 1 as repeats,
        cast({{ days_between('days.first_on', 'days.ordered_on') }} as int) as recency_days,
        cast({{ days_between('days.first_on', 'month_ends.month_end_on') }} as int) as age_days,
        days.value_so_far as total_value,
        days.value_so_far - days.first_day_value as repeat_value
    from {{ ref('history_spans') }} as days
    inner join month_ends
        on days.ordered_on <= month_ends.month_end_on
        and (days.next_on is null or days.next_on > month_ends.month_end_on)
)

select
    month,
    is_won,
    is_silent,
    month_days,
    repeats,
    recency_days,
    age_days,
    count(*) as customer_count,
    sum(greatest(total_value, 0)) as total_value,
    sum(greatest(repeat_value, 0)) as repeat_value
from histories
group by month, is_won, is_silent, month_days, repeats, recency_days, age_days
