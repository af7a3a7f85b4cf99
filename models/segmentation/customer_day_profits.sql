{%- set columns = [
    'net_sales', 'net_sales_last_12_months', 'contribution_2', 'contribution_2_last_12_months'
] -%}
with

days as (
    select * from {{ ref('customer_days') }}
),

known_otherwise as (
    select
        entries.customer_id,
        days.as_of_date,
        cast(sum(entries.net_sales) as decimal(18, 2)) as net_sales,
        cast(
            sum(case when entries.month > days.year_before then entries.net_sales else 0 end) as decimal(18, 2)
        ) as net_sales_last_12_months,
        cast(sum(entries.contribution_2) as decimal(18, 2)) as contribution_2,
        cast(
            sum(case when entries.month > days.year_before then entries.contribution_2 else 0 end) as decimal(18, 2)
        ) as contribution_2_last_12_months,
        cast(sum(case
            when entries.month <= days.year_before and entries.month > days.two_years_before
                then entries.contribution_2
            else 0
        end) as decimal(18, 2)) as contribution_2_previous_12_months
    from {{ ref('profits_known_otherwise') }} as entries
    inner join {{ ref('dim_segment_days') }} as days on entries.as_of_date = days.as_of_date
    group by entries.customer_id, days.as_of_date
),

-- The statement of a month is that of the day: what a year holds is what was reached by its end less by its beginning.
reached as (
    select
        days.customer_id,
        days.as_of_date,
        coalesce(now.net_sales_until, 0) as net_sales,
        coalesce(now.net_sales_until, 0) - coalesce(before.net_sales_until, 0) as net_sales_last_12_months,
        coalesce(now.contribution_2_until, 0) as contribution_2,
        coalesce(now.contribution_2_until, 0) - coalesce(before.contribution_2_until, 0)
            as contribution_2_last_12_months,
        coalesce(before.contribution_2_until, 0) - coalesce(earlier.contribution_2_until, 0)
            as contribution_2_previous_12_months
    from days
    {% for relation, month in {'now': 'as_of_month', 'before': 'year_before', 'earlier': 'two_years_before'}.items() %}
    left join {{ ref('running_profits') }} as {{ relation }}
        on days.customer_id = {{ relation }}.customer_id
        and {{ relation }}.month <= days.{{ month }}
        and {{ relation }}.next_month > days.{{ month }}
    {% endfor %}
)

select
    reached.customer_id,
    reached.as_of_date,
    {% for column in columns -%}
    cast(reached.{{ column }} + coalesce(known_otherwise.{{ column }}, 0) as decimal(18, 2)) as {{ column }},
    {% endfor -%}
    cast(
        reached.contribution_2_previous_12_months + coalesce(known_otherwise.contribution_2_previous_12_months, 0)
        as decimal(18, 2)
    ) as contribution_2_previous_12_months
from reached
left join known_otherwise
    on reached.customer_id = known_otherwise.customer_id
    and reached.as_of_date = known_otherwise.as_of_date
