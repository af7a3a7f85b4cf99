{#- Scores of fitted models of buying (orchestration/lifetime_value fits them, and says where each formula is from). -#}

{#- A number of settings/lifetime_value_rules. -#}
{% macro value_rule(rule) -%}
(select rule_value from {{ ref('lifetime_value_rules') }} where rule = '{{ rule }}')
{%- endmacro %}

{#- Weeks of a month: the literature's, and those of a twelfth of a year. -#}
{% macro weeks_of_month() -%}{{ return(4.345) }}{%- endmacro %}

{#-
  The months of the horizon as (weeks, weight): the weighted sum of the orders expected until each month's end is the
  discounted number of orders, each discounted by whole months (the order of month k by k of them).
-#}
{% macro discounted_months() -%}
{%- set months = var('lifetime_value_horizon_months') | int -%}
{%- set factor = 1 / (1 + var('lifetime_value_discount_rate') | float) ** (1 / 12) -%}
{%- set parts = [] -%}
{%- for month in range(1, months + 1) -%}
    {%- set weight = factor ** month - (factor ** (month + 1) if month < months else 0) -%}
    {%- do parts.append((month * weeks_of_month(), weight)) -%}
{%- endfor -%}
{{ return(parts) }}
{%- endmacro %}

{#-
  A double literal: without an exponent, engines read a number as a decimal, and a decimal times a count overflows.
-#}
{% macro double(number) -%}{{ '%.17e' | format(number) }}{%- endmacro %}

{#-
  Orders expected of a customer who has not stopped, for each row of a relation.

  relation    with model, r, alpha, a, b, s, beta, repeats, age_days; and the keys, which name a row
  keys        columns that name a row
  horizons    by the name of the column to make: a list of (weeks, weight), weeks being SQL or a number; the column is
              the weighted sum of the orders expected within those weeks
  spread      the weeks for which `pairs_if_alive` (expected orders × (orders − 1)) and `none_if_alive` (the probability
              of no order) are made

  Of a beta-geometric model it is the mean over the probability p to stop after an order, beta(a, b + chances survived),
  of (1 − (1 + p·t/(alpha + T))^−(r + x)) / p: a trapezoid over logit(p), after taking out the straight line between the
  ends, whose mean is known. Of Pareto/NBD it is closed.
-#}
{% macro orders_if_alive(relation, keys, horizons, spread) -%}
with

shaped as (
    select
        *,
        r + repeats as shape,
        alpha + age_days / {{ double(7) }} as scale,
        b + repeats + case when model = 'mbg_nbd' then 1 else 0 end as stays,
        -- at exactly 1 or 2 the closed forms of Pareto/NBD divide zero by zero; beside it, they are the same
        case when abs(s - 1) < 1e-6 then 1 + 1e-6 when abs(s - 2) < 1e-6 then 2 + 1e-6 else s end as stopping_shape,
        beta + age_days / {{ double(7) }} as stopping_scale
    from {{ relation }}
),

-- Each integrand at its two ends: where nobody stops, and where everybody stops after the next order.
beta_geometric as (
    select
        *,
        {% for column, parts in horizons.items() %}
        {% for weeks, weight in parts -%}
        {{ double(weight) }} * shape * {{ weeks_in(weeks) }} / scale{{ ' + ' if not loop.last }}
        {%- endfor %} as {{ column }}_at_zero,
        {% for weeks, weight in parts -%}
        {{ double(weight) }} * (1 - exp(-shape * ln(1 + {{ weeks_in(weeks) }} / scale))){{ ' + ' if not loop.last }}
        {%- endfor %} as {{ column }}_at_one,
        {% endfor %}
        ln(a / stays) as middle,
        0.4 * least(1, sqrt(1 / a + 1 / stays)) as step,
        {{ log_gamma('a') }} + {{ log_gamma('stays') }} - {{ log_gamma('(a + stays)') }} as log_whole
    from shaped
    where model <> 'pareto_nbd'
),

logits as (
    select
        *,
        middle + step * (numbers.number - 50) as logit
    from beta_geometric
    cross join ({{ whole_numbers(101) }}) as numbers
),

weighted as (
    select
        *,
        - greatest(-logit, 0) - ln(1 + exp(-abs(logit))) as log_stop,
        - greatest(logit, 0) - ln(1 + exp(-abs(logit))) as log_stay
    from logits
),

nodes as (
    select
        *,
        exp(log_stop) as stop,
        exp(ln(step) + a * log_stop + stays * log_stay - log_whole) as weight
    from weighted
),

-- What the integrand differs by from its line; where stopping is next to impossible there is no difference to see, and
-- what weighs less than a double can tell (a third of the nodes) is not worked out.
integrated as (
    select
        {% for key in keys %}
        {{ key }} as of_{{ key }},
        {% endfor %}
        {% for column, parts in horizons.items() %}
        sum(case when weight > 1e-20 and stop * (shape + 1) * {{ longest_of(parts) }} > 1e-8 * scale then weight * ((
            {%- for weeks, weight in parts -%}
            {{ double(weight) }} * (1 - exp(-shape * ln(1 + stop * {{ weeks_in(weeks) }} / scale))){{ ' + ' if not loop.last }}
            {%- endfor -%}
            ) / stop - {{ column }}_at_zero - ({{ column }}_at_one - {{ column }}_at_zero) * stop
        ) else 0 end) as {{ column }},
        {% endfor %}
        sum(case when weight > 1e-20 then weight * 2 * (1 - stop) * (
            {{ pairs_integrand('stop * ' ~ weeks_in(spread) ~ ' / scale') }} / (stop * stop)
            - shape * (shape + 1) / 2 * ({{ weeks_in(spread) }} / scale) * ({{ weeks_in(spread) }} / scale)
        ) else 0 end) as pairs_if_alive
    from nodes
    group by {{ keys | join(', ') }}
)

select
    {% for key in keys %}
    beta_geometric.{{ key }},
    {% endfor %}
    {% for column, parts in horizons.items() %}
    greatest(integrated.{{ column }} + ({{ column }}_at_zero * stays + {{ column }}_at_one * a) / (a + stays), 0)
        as {{ column }},
    {% endfor %}
    greatest(integrated.pairs_if_alive + shape * (shape + 1) * ({{ weeks_in(spread) }} / scale)
        * ({{ weeks_in(spread) }} / scale) * stays / (a + stays), 0) as pairs_if_alive,
    exp(-shape * ln(1 + {{ weeks_in(spread) }} / scale)) as none_if_alive
from beta_geometric
inner join integrated on {% for key in keys -%}
beta_geometric.{{ key }} = integrated.of_{{ key }}{{ ' and ' if not loop.last }}
{%- endfor %}
union all
select
    {{ keys | join(', ') }},
    {% for column, parts in horizons.items() %}
    {% for weeks, weight in parts -%}
    {{ double(weight) }} * shape / scale * {{ weeks_active(weeks_in(weeks)) }}{{ ' + ' if not loop.last }}
    {% endfor %} as {{ column }},
    {% endfor %}
    shape * (shape + 1) / (scale * scale) * {{ squared_weeks_active(weeks_in(spread)) }} as pairs_if_alive,
    exp(-shape * ln(1 + {{ weeks_active(weeks_in(spread)) }} / scale)) as none_if_alive
from shaped
where model = 'pareto_nbd'
{%- endmacro %}

{#- Weeks as SQL: a number as a double literal, anything else as it is. -#}
{% macro weeks_in(weeks) -%}{{ double(weeks) if weeks is number else weeks }}{%- endmacro %}

{#- The longest of several spans: the last one. -#}
{% macro longest_of(parts) -%}{{ weeks_in(parts[-1][0]) }}{%- endmacro %}

{#-
  1 − (1 + z)^−k (1 + k·z/(1 + z)), k the shape: by its first terms where z is so small that the difference would be
  rounding.
-#}
{% macro pairs_integrand(z) -%}
case
    when (shape + 2) * {{ z }} < 1e-3
        then shape * (shape + 1) * {{ z }} * {{ z }} / 2
            * (1 - 2 * (shape + 2) * {{ z }} / 3 * (1 - 3 * (shape + 3) * {{ z }} / 8))
    else 1 - exp(-shape * ln(1 + {{ z }})) * (1 + shape * {{ z }} / (1 + {{ z }}))
end
{%- endmacro %}

{#- Pareto/NBD: expected weeks within a span in which a customer who has not stopped goes on. -#}
{% macro weeks_active(weeks) -%}
(stopping_scale * (1 - exp(-(stopping_shape - 1) * ln(1 + {{ weeks }} / stopping_scale))) / (stopping_shape - 1))
{%- endmacro %}

{#- Pareto/NBD: the expected square of those weeks: twice the integral of w·(B/(B + w))^s over them. -#}
{% macro squared_weeks_active(weeks) -%}
(2 * stopping_scale * stopping_scale * (
    (exp((2 - stopping_shape) * ln(1 + {{ weeks }} / stopping_scale)) - 1) / (2 - stopping_shape)
    - (exp((1 - stopping_shape) * ln(1 + {{ weeks }} / stopping_scale)) - 1) / (1 - stopping_shape)
))
{%- endmacro %}

{#-
  The probability that a customer has not stopped, for each row of a relation with model, r, alpha, a, b, s, beta,
  repeats, recency_days and age_days. Yields the keys and `probability_alive`. Closed for the beta-geometric models; for
  Pareto/NBD an integral over the time of stopping, by 32 nodes in the logarithm of time.
-#}
{% macro probabilities_alive(relation, keys) -%}
with

timed as (
    select
        *,
        recency_days / {{ double(7) }} as recency,
        age_days / {{ double(7) }} as age,
        repeats + case when model = 'mbg_nbd' then 1 else 0 end as chances
    from {{ relation }}
),

stopping as (
    select
        *,
        least(alpha, beta) as least_scale,
        least(
            ln((least(alpha, beta) + age) / (least(alpha, beta) + recency)),
            -- beyond this the integrand has fallen by e^-40
            40 / greatest(
                (r + repeats) * (least(alpha, beta) + recency) / (alpha + recency)
                + (s + 1) * (least(alpha, beta) + recency) / (beta + recency) - 1,
                1e-300
            )
        ) as length
    from timed
    where model = 'pareto_nbd'
),

nodes as (
    select
        stopping.*,
        nodes.weight,
        (least_scale + recency) * exp(length * (nodes.node + 1) / 2) as scaled
    from stopping
    cross join ({{ gauss_legendre_nodes() }}) as nodes
),

odds as (
    select
        {{ keys | join(', ') }},
        sum(s * length / 2 * weight * scaled / (beta + scaled - least_scale) * exp(least(
            (r + repeats) * ln((alpha + age) / (alpha + scaled - least_scale))
            + s * ln((beta + age) / (beta + scaled - least_scale)), 700
        ))) as odds
    from nodes
    group by {{ keys | join(', ') }}
)

select
    {{ keys | join(', ') }},
    case
        when chances = 0 then 1
        else 1 / (1 + exp(least(
            ln(a / (b + chances - 1)) + (r + repeats) * ln((alpha + age) / (alpha + recency)), 700
        )))
    end as probability_alive
from timed
where model <> 'pareto_nbd'
union all
select
    {{ keys | join(', ') }},
    1 / (1 + odds) as probability_alive
from odds
{%- endmacro %}

{#- The 32 nodes of Gauss and Legendre between -1 and 1, and their weights: they lie on both sides of 0 alike. -#}
{% macro gauss_legendre_nodes() -%}
{%- set halves = [
    (0.0483076656877383, 0.0965400885147277), (0.1444719615827965, 0.0956387200792747),
    (0.2392873622521371, 0.0938443990808045), (0.3318686022821277, 0.0911738786957638),
    (0.4213512761306353, 0.0876520930044038), (0.5068999089322294, 0.0833119242269467),
    (0.5877157572407623, 0.0781938957870702), (0.6630442669302152, 0.0723457941088483),
    (0.7321821187402897, 0.0658222227763617), (0.7944837959679424, 0.0586840934785356),
    (0.8493676137325700, 0.0509980592623761), (0.8963211557660521, 0.0428358980222268),
    (0.9349060759377397, 0.0342738629130218), (0.9647622555875064, 0.0253920653092620),
    (0.9856115115452684, 0.0162743947309057), (0.9972638618494816, 0.0070186100094705)
] -%}
{%- for node, weight in halves -%}
select {{ double(node) }} as node, {{ double(weight) }} as weight
union all
select {{ double(-node) }} as node, {{ double(weight) }} as weight{{ ' union all ' if not loop.last }}
{% endfor -%}
{%- endmacro %}

{#-
  The quantile of the normal distribution, by Acklam's rational approximation (relative error below 1.2e-9); `level` is
  a column between 0 and 1, both excluded.
-#}
{% macro normal_quantile(level) -%}
case
    when {{ level }} < 0.02425 then {{ normal_tail('sqrt(-2 * ln(' ~ level ~ '))') }}
    when {{ level }} > 1 - 0.02425 then -{{ normal_tail('sqrt(-2 * ln(1 - ' ~ level ~ '))') }}
    else ({{ level }} - 0.5)
        * {{ polynomial([-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
            -3.066479806614716e+01, 2.506628277459239e+00], '((' ~ level ~ ' - 0.5) * (' ~ level ~ ' - 0.5))') }}
        / {{ polynomial([-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
            -1.328068155288572e+01, 1.0], '((' ~ level ~ ' - 0.5) * (' ~ level ~ ' - 0.5))') }}
end
{%- endmacro %}
{% macro normal_tail(root) -%}
({{ polynomial([-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
    4.374664141464968e+00, 2.938163982698783e+00], root) }}
    / {{ polynomial([7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1.0],
    root) }})
{%- endmacro %}

{#- A polynomial by Horner's rule, highest power first. -#}
{% macro polynomial(coefficients, at) -%}
{%- set nested = namespace(text=double(coefficients[0])) -%}
{%- for coefficient in coefficients[1:] -%}
    {%- set nested.text = '(' ~ nested.text ~ ' * ' ~ at ~ ' + ' ~ double(coefficient) ~ ')' -%}
{%- endfor -%}
{{ nested.text }}
{%- endmacro %}

{#-
  From expected orders to value, for each row of a relation with probability_alive, orders_if_alive,
  pairs_if_alive and none_if_alive of one span, purchases and mean_value (what the value of an order is learnt
  from), and p, q, gamma. Yields every column and:

  expected_order_value    Gamma-Gamma: the customer's own mean, drawn to the shop's; a mean below 0 counts as 0
  value                   orders × expected_order_value
  value_deviation         its standard deviation, so that totals of many customers can be given an interval too
  value_low, value_high   between them lies the value with 80%: 0 with the probability of no order, else log-normal with
                          the model's own mean and spread
-#}
{% macro value_scores(relation) -%}
with

order_values as (
    select
        *,
        p * purchases + q as own_q,
        gamma + purchases * greatest(mean_value, 0) as own_gamma,
        probability_alive * orders_if_alive as orders,
        nullif(probability_alive * (1 - none_if_alive), 0) as some_probability
    from {{ relation }}
),

moments as (
    select
        *,
        p * own_gamma / (own_q - 1) as expected_order_value,
        -- at q = 2 the variance would be without end
        own_gamma * own_gamma / ((own_q - 1) * greatest(own_q - 2, 0.5)) as scale_squared
    from order_values
),

spread as (
    select
        *,
        orders * expected_order_value as value,
        greatest(
            scale_squared * p * ((p + 1) * orders + p * probability_alive * pairs_if_alive),
            orders * expected_order_value * orders * expected_order_value
        ) as value_squared
    from moments
),

-- Of those who order at all: the log-normal distribution with the same mean and the same spread.
positive as (
    select
        *,
        ln(nullif(value, 0) / some_probability) as log_mean,
        ln(greatest(value_squared * some_probability / nullif(value * value, 0), 1)) as log_variance,
        1 - 0.9 / some_probability as low_level,
        1 - 0.1 / some_probability as high_level
    from spread
)

select
    *,
    sqrt(greatest(value_squared - value * value, 0)) as value_deviation,
    case
        when low_level > 0 then exp(log_mean - log_variance / 2 + sqrt(log_variance) * {{ normal_quantile('low_level') }})
        when value is not null then 0
    end as value_low,
    case
        when high_level > 0 then exp(log_mean - log_variance / 2 + sqrt(log_variance) * {{ normal_quantile('high_level') }})
        when value is not null then 0
    end as value_high
from positive
{%- endmacro %}

{#-
  Distinct histories of a relation (cut_on, cohort_group, is_exact, repeats, recency_days, age_days; a row per customer)
  and how many customers have each: in weeks of exact days ÷ 7, or in whole weeks where the group is not exact. No
  number of days is half a week, so that nothing can be rounded two ways.
-#}
{% macro grouped_histories(relation) -%}
select
    cut_on,
    cohort_group,
    repeats,
    case when is_exact then recency_days / {{ double(7) }} else round(recency_days / {{ double(7) }}) end as recency_weeks,
    case when is_exact then age_days / {{ double(7) }} else round(age_days / {{ double(7) }}) end as age_weeks,
    count(*) as customer_count
from {{ relation }}
group by 1, 2, 3, 4, 5
{%- endmacro %}

{#-
  Distinct numbers and mean values of purchases of a relation (cut_on, cohort_group, is_exact, value_basis, repeats,
  total_value, repeat_value; a row per customer), the means to 1% where the group is not exact. A mean that is not
  above 0 has no place in the model: those customers stand together at 0, to be counted.
-#}
{% macro grouped_spending(relation) -%}
, spent as (
    select
        cut_on,
        cohort_group,
        is_exact,
        value_basis,
        repeats + case when value_basis = 'all' then 1 else 0 end as purchases,
        cast(case when value_basis = 'all' then total_value else repeat_value end as double)
        / nullif(repeats + case when value_basis = 'all' then 1 else 0 end, 0) as mean_value
    from {{ relation }}
    where value_basis = 'all' or repeats > 0
)

select
    cut_on,
    cohort_group,
    value_basis,
    case when mean_value > 0 then purchases else 1 end as purchases,
    case
        when mean_value <= 0 then 0
        when is_exact then mean_value
        else exp(round(ln(greatest(mean_value, 1e-9)), 2))
    end as mean_value,
    count(*) as customer_count
from spent
group by 1, 2, 3, 4, 5
{%- endmacro %}
