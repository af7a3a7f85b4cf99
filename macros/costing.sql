{#-
  What was used of each cost pool, from units of drivers (time-driven activity-based costing, Kaplan & Anderson 2004).

  relation    a CTE of `month`, `driver`, `units` and the keys
  keys        columns that name the user, without the month

  Yields the keys, month, pool, and
    capacity_used   units of the pool's driver; minutes where it follows activities
    standard_cost   what its activities cost at standard rates; 0 where it has none
-#}
{% macro pool_units(relation, keys) -%}
select
    {% for key in keys %}{{ key }},
    {% endfor %}month,
    pool,
    cast(sum(capacity_used) as decimal(28, 7)) as capacity_used,
    cast(sum(standard_cost) as decimal(25, 11)) as standard_cost
from (
    select
        {% for key in keys %}units.{{ key }},
        {% endfor %}units.month,
        rules.pool,
        cast(units.units as decimal(24, 7)) as capacity_used,
        cast(0 as decimal(36, 11)) as standard_cost
    from {{ relation }} as units
    inner join {{ ref('int_pool_rules') }} as rules
        on units.driver = rules.driver
        and {{ is_valid_on('units.month', 'rules') }}
    union all
    select
        {% for key in keys %}units.{{ key }},
        {% endfor %}units.month,
        rates.pool,
        case
            when rules.driver = 'activities'
                then cast(cast(units.units as decimal(15, 3)) * rates.minutes as decimal(24, 7))
            else cast(0 as decimal(24, 7))
        end as capacity_used,
        cast(cast(units.units as decimal(15, 3)) * rates.minutes as decimal(24, 7)) * rates.rate as standard_cost
    from {{ relation }} as units
    inner join {{ ref('int_cost_rates') }} as rates
        on units.driver = rates.driver
        and {{ is_valid_on('units.month', 'rates') }}
    inner join {{ ref('int_pool_rules') }} as rules
        on rates.pool = rules.pool
        and {{ is_valid_on('units.month', 'rules') }}
) as used
group by {{ keys | join(', ') }}, month, pool
{%- endmacro %}

{#- What a payment costs whose fee is not handed in: a share of its amount and a fixed fee, to the cent, once. -#}
{% macro payment_fee(amount, share_of_amount, fixed_fee) -%}
{{ cents('cast(' ~ amount ~ ' as decimal(18, 2)) * cast(' ~ share_of_amount ~ ' as decimal(9, 6)) + ' ~ fixed_fee) }}
{%- endmacro %}

{#- Cost of what has come back of `sold_cogs`: the part in pieces of `sold_quantity` and in value of `sold_net`, at most all. -#}
{% macro returned_cost(pieces, value) -%}
{{ cents_of(
    'sold_cogs',
    'least(coalesce(' ~ ratio(pieces, 'sold_quantity') ~ ', 0) + coalesce(' ~ ratio(value, 'sold_net') ~ ', 0), 1)'
) }}
{%- endmacro %}

{#- The weight by which a pool's cost is shared, a whole number. The pool says whether by standard cost or by capacity. -#}
{% macro pool_weight(units, pools) -%}
case
    when {{ pools }}.is_shared_by_standard_cost then {{ whole_number(units ~ '.standard_cost', 11) }}
    else {{ whole_number(units ~ '.capacity_used', 7) }}
end
{%- endmacro %}
