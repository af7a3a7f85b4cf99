{#- Days after the first order within which a second one is looked for. -#}
{% macro repeat_windows() -%}{{ return([30, 60, 90, 180, 365]) }}{%- endmacro %}

{#- Amounts added up from the first row of a partition to each, as `<amount>_so_far`. -#}
{% macro so_far(amounts, partition, order) -%}
{%- for amount in amounts -%}
sum({{ amount }}) over (
            partition by {{ partition }} order by {{ order }} rows between unbounded preceding and current row
        ) as {{ amount }}_so_far{{ ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- Orders in each window, and those that had not been given back wholly when it ended, from days since the first order. -#}
{% macro orders_in_windows() -%}
{%- for days in repeat_windows() -%}
count(case when days_since_first <= {{ days }} then 1 end) as orders_{{ days }},
        count(case when days_since_first <= {{ days }} and coalesce(days_to_return > {{ days }}, true) then 1 end)
            as kept_orders_{{ days }}{{ ',\n        ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- Whether a second order came in each window; null while it runs, for what had been kept at its end even if one came. -#}
{% macro second_orders_in_windows() -%}
{%- for days in repeat_windows() -%}
case
        when counted.orders_{{ days }} >= 2 then true
        when observed.days_observed >= {{ days }} then false
    end as has_second_order_in_{{ days }}_days,
    case when observed.days_observed >= {{ days }} then counted.kept_orders_{{ days }} >= 2 end
        as has_kept_second_order_in_{{ days }}_days{{ ',\n    ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}

{#- What a channel's months say about the next unit of money, from the columns of next_spend. -#}
{% macro next_spend_in_words() -%}
case
    when not is_measured
        then 'not known: spend moved in ' || cast(months_counted as string) || ' of the months looked at'
    when value_of_next_unit is null then 'not known: nothing is predicted of its customers'
    when products <= 0 then 'more spend has not brought more customers'
    when value_of_next_unit_low > 1 then 'the next unit brings more than it costs'
    when value_of_next_unit_high < 1 then 'the next unit costs more than it brings'
    when value_of_next_unit > 1 then 'the next unit probably brings more than it costs, but the months leave it open'
    else 'the next unit probably costs more than it brings, but the months leave it open'
end
{%- endmacro %}

{#- What has to be true for next_spend to be right, in words. -#}
{% macro next_spend_assumptions(efficiency_months) -%}
'The next months are like the last ' || cast(cast({{ efficiency_months }} as int) as string)
    || '; what else moves customers from one month to the next (season, prices, other channels) does not move with the'
    || ' spend of this channel; spend wins within its own month; the next customer is worth what those were whom the'
    || ' channel has won so far, in contribution_2 so far and predicted; there is room for more spend of the same kind.'
{%- endmacro %}

{#-
  What a customer who has just come will have brought, today's money, by the formula of Gupta, Lehmann & Stuart (2004):
  the margin of each year, as many left as are retained from year to year, discounted. Null where it would not end.
-#}
{% macro life_of_customer(retention, margin) -%}
({{ margin }}) * {{ 1 + var('lifetime_value_discount_rate') }}
/ nullif({{ 1 + var('lifetime_value_discount_rate') }} - ({{ retention }}), 0)
{%- endmacro %}

{#-
  What the company is worth by it: today's customers without the year that is over, and as many newcomers each year as in
  the last one, over the horizon, each for what it costs to win them.
-#}
{% macro company_value(retention, margin, cost) -%}
{%- set rate = var('lifetime_value_discount_rate') -%}
{%- set years = var('lifetime_value_horizon_months') / 12 -%}
{%- set newcomer_years = years if rate == 0 else (1 - (1 + rate) ** (-years)) / rate -%}
customers * ({{ life_of_customer(retention, margin) }} - ({{ margin }}))
+ cast({{ newcomer_years }} as double) * new_customers * ({{ life_of_customer(retention, margin) }} - ({{ cost }}))
{%- endmacro %}

{#- By how many per cent a value changes; null where there is no value above 0 to change: half a cent is none. -#}
{% macro percent_change(value, moved) -%}
cast(case when {{ to_cents(value) }} > 0 then 100 * (({{ moved }}) - {{ value }}) / {{ value }} end as decimal(20, 4))
{%- endmacro %}
