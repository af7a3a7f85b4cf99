{#- Rounds to the cent, once, where an amount is born. Argument: a decimal expression. -#}
{% macro cents(amount) -%}cast(round({{ amount }}, 2) as decimal(18, 2)){%- endmacro %}

{#- An amount as money; 0 where there is none. -#}
{% macro money_or_zero(amount) -%}cast(coalesce({{ amount }}, 0) as decimal(18, 2)){%- endmacro %}

{#- A fraction (a double) of an amount, to the cent: cut to a decimal before rounding, since engines round doubles apart. -#}
{% macro cents_of(amount, fraction) -%}
cast(round(cast(cast({{ amount }} as double) * ({{ fraction }}) as decimal(20, 6)), 2) as decimal(18, 2))
{%- endmacro %}

{#- A double as a decimal of a few places: cut to six before rounding, since engines round doubles apart. -#}
{% macro to_places(number, places) -%}
cast(round(cast({{ number }} as decimal(28, 6)), {{ places }}) as decimal(18, {{ places }}))
{%- endmacro %}

{#- A double as money. -#}
{% macro to_cents(amount) -%}{{ to_places(amount, 2) }}{%- endmacro %}

{#- An amount per head, to the cent; null where there is no head. -#}
{% macro per_head(amount, count) -%}
cast(round(cast(cast({{ amount }} as double) / nullif(cast({{ count }} as double), 0) as decimal(22, 6)), 2)
    as decimal(18, 2))
{%- endmacro %}

{#- Quotient of two whole numbers, rounded half up; neither negative, the divisor not zero. -#}
{% macro rounded_quotient(numerator, divisor) -%}
{{ whole_quotient('(' ~ numerator ~ ') * 2 + ' ~ divisor, '(' ~ divisor ~ ') * 2') }}
{%- endmacro %}

{#- Whole cents as money. -#}
{% macro money_of_cents(cents) -%}
cast(({{ cents }}) * cast(0.01 as decimal(3, 2)) as decimal(18, 2))
{%- endmacro %}

{#- A ratio as a double; null where the divisor is zero or null: undefined is not 0. -#}
{% macro ratio(numerator, divisor) -%}
cast({{ numerator }} as double) / nullif(cast({{ divisor }} as double), 0)
{%- endmacro %}

{#-
  Shares an amount among rows by weight, to the cent, so that the shares of a pool add up to its amount (largest
  remainder, Hamilton 1792): each row gets the whole cents of its exact share, and the cents left over go one each to
  the largest remainders, ties by `tie_break`.

  relation    a CTE with one row per pool and sharer
  pool        columns that name a pool
  amount      the pool's amount, the same on each of its rows, not negative
  weight      a whole number, not negative; a pool whose weights are all zero shares nothing
  tie_break   columns that make the order within a pool total
  total       the sum of the weights of a pool, where the relation carries it; else it is added up here
  cents       the amount in whole cents, where the relation carries it; else it is counted here, row by row

  Cents times weight may have 38 digits; beyond, it is an error. On the way to the whole cents a double may be one off,
  which the remainder shows; the remainder is exact.

  Yields every column of the relation and `share` decimal(18,2).
-#}
{% macro share_by_largest_remainder(relation, pool, amount, weight, tie_break, total=none, cents=none) -%}
{%- set pool_columns = pool | join(', ') -%}
{#- One order for both windows, though a sum needs none: rows are sorted once. -#}
{%- set in_order = 'partition by ' ~ pool_columns ~ ' order by remainder desc, ' ~ tie_break | join(', ') -%}
    select
        *,
        {{ money_of_cents(
            'whole_cents + case when row_number() over (' ~ in_order ~ ') <= amount_cents - sum(whole_cents) over ('
            ~ in_order ~ ' rows between unbounded preceding and unbounded following) then 1 else 0 end'
        ) }} as share
    from (
        select
            *,
            near_cents + cents_off as whole_cents,
            near_remainder - cents_off * total_weight as remainder
        from (
            select
                *,
                case when near_remainder < 0 then -1 when near_remainder >= total_weight then 1 else 0 end as cents_off
            from (
                select
                    *,
                    amount_cents * pool_weight - near_cents * total_weight as near_remainder
                from (
                    select
                        *,
                        {{ near_quotient('amount_cents * pool_weight', 'total_weight') }} as near_cents
                    from (
                        select
                            *,
                            {{ cents or whole_number(amount, 2) }} as amount_cents,
                            cast({{ weight }} as {{ wide_integer() }}) as pool_weight,
                            cast(
                                {{ total or 'sum(' ~ weight ~ ') over (partition by ' ~ pool_columns ~ ')' }}
                                as {{ wide_integer() }}
                            ) as total_weight
                        from {{ relation }}
                    ) as weighed
                    where total_weight > 0
                ) as divided
            ) as compared
        ) as set_right
    ) as cut
{%- endmacro %}

{#- An amount with its tax: as it is where the shop's prices include tax, else the two together. -#}
{% macro amount_with_tax(amount, tax) -%}
coalesce({{ amount }}, 0){% if not var('prices_include_tax') %} + coalesce({{ tax }}, 0){% endif %}
{%- endmacro %}

{#- Whether a currency is another than the reporting one; a missing one is the reporting one. -#}
{% macro is_foreign(currency) -%}coalesce({{ currency }}, '{{ var("reporting_currency") }}') <> '{{ var("reporting_currency") }}'{%- endmacro %}

{#- Units of the reporting currency for one unit of `currency`: 1 for the reporting one, else the joined rate. -#}
{% macro rate_to_reporting(currency, joined_rate) -%}
case when {{ is_foreign(currency) }} then {{ joined_rate }} else cast(1 as decimal(20, 8)) end
{%- endmacro %}

{#-
  Converts an amount into the reporting currency and rounds it to the cent, once. The casts keep the product at 38 digits
  with all its places, so that no engine cuts any off before the rounding.
-#}
{% macro in_reporting_currency(amount, rate) -%}
cast(round(cast({{ amount }} as decimal(19, 7)) * cast({{ rate }} as decimal(18, 8)), 2) as decimal(18, 2))
{%- endmacro %}
