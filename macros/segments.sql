{#-
  The ABC tier of whoever earns, by the share of all earnings that those before earned, the largest first, ties by id:
  who crosses a cut still counts above it. Cut-offs are rows of `abc_cutoffs`.

  relation    a CTE of the id, the columns of `of` and the amount
  id, amount  columns of it
  of          columns that name a group within which shares are taken

  Yields CTEs, the last of which, `tiered`, has every column of the relation, `earned_before`, and `abc_tier`: loss for a
  loss, C for zero. Rows are ranked within their group and looked up, never joined to themselves: so whoever asks for one
  group has only that one ranked.
-#}
{% macro abc_tiers(relation, id, amount, of) -%}
all_earned as (
    select
        {{ of | join(', ') ~ ',' if of }}
        sum({{ amount }}) as earned_by_all
    from {{ relation }}
    where {{ amount }} > 0
    {{ 'group by ' ~ of | join(', ') if of }}
),

cuts as (
    select
        all_earned.*,
        cutoffs.abc_tier,
        cast(all_earned.earned_by_all * cutoffs.from_share as decimal(38, 6)) as from_amount,
        cast(all_earned.earned_by_all * cutoffs.to_share as decimal(38, 6)) as until_amount
    from all_earned
    cross join {{ ref('abc_cutoffs') }} as cutoffs
),

running as (
    select
        *,
        sum({{ amount }}) over (
            {{ 'partition by ' ~ of | join(', ') if of }} order by {{ amount }} desc, {{ id }}
            rows between unbounded preceding and current row
        ) - {{ amount }} as earned_before
    from {{ relation }}
),

tiered as (
    select
        running.*,
        case
            when running.{{ amount }} < 0 then 'loss'
            when running.{{ amount }} = 0 then 'C'
            else cuts.abc_tier
        end as abc_tier
    from running
    left join cuts
        on {% for column in of -%}
        running.{{ column }} = cuts.{{ column }}
        and {% endfor -%}
        running.earned_before >= cuts.from_amount
        and running.earned_before < cuts.until_amount
)
{%- endmacro %}

{#-
  Tiers by place: between which places a tier begins and ends, by how many have an amount above 0. Who has none stands
  behind all of them, and has no place.

  relation    a CTE of as_of_date and the amount
  cutoffs     a settings table of the tier and its shares

  Yields CTEs, the last of which, `result`, has as_of_date, the tier, `from_place` and `until_place`; the best is at 0.
-#}
{% macro places_of_tiers(relation, amount, cutoffs, tier, result) -%}
{{ result }}_counted as (
    select
        as_of_date,
        count(*) as customer_count
    from {{ relation }}
    where {{ amount }} > 0
    group by as_of_date
),

{{ result }} as (
    select
        counted.as_of_date,
        cutoffs.{{ tier }},
        cast(ceil(counted.customer_count * cutoffs.from_share) as bigint) as from_place,
        cast(ceil(counted.customer_count * cutoffs.to_share) as bigint) as until_place
    from {{ result }}_counted as counted
    cross join {{ ref(cutoffs) }} as cutoffs
)
{%- endmacro %}

{#- The segmentations that rules alone decide, by the idea they follow: known of each month end as of tonight, by one text. -#}
{% macro segments_by_rule() -%}
{{ return({
    'rfm': [
        'recency_days', 'order_count', 'net_sales', 'contribution_2',
        'recency_score', 'frequency_score', 'monetary_score', 'profit_score',
        'rfm_cell', 'rfm_segment', 'profit_rfm_cell', 'profit_rfm_segment'
    ],
    'abc': ['contribution_2_last_12_months', 'abc_tier'],
    'pyramid': ['pyramid_tier', 'member_tier'],
    'lifecycle': ['rhythm_days', 'quiet_gaps', 'pause_gaps', 'pace', 'lifecycle_stage'],
    'habits': ['channel_habit', 'frequency_band', 'spend_band']
}) }}
{%- endmacro %}

{#- The same as one list of columns. -#}
{% macro rule_segments() -%}{{ return(segments_by_rule().values() | sum(start=[])) }}{%- endmacro %}

{#- What is fitted as of quarter ends, and known of each month end by the fit of the last one before it. -#}
{% macro fitted_segments() -%}{{ return(['behaviour_cluster']) }}{%- endmacro %}

{#-
  What rules and fits say of customers on days, side by side: a query of the key and one column each.

  key     customer_id and as_of_date, with their names in the table
  days    the column of dim_segment_days that says which days

  Each is asked for its days by itself: a join would first read it as of every day.
-#}
{% macro segments_side_by_side(key, days) -%}
{%- set ideas = dict(segments_by_rule(), clusters=fitted_segments()) -%}
{%- set first = ideas.keys() | first -%}
with

days as (
    select as_of_date from {{ ref('dim_segment_days') }} where {{ days }}
)

select
    {{ first }}.{{ key | join(',\n    ' ~ first ~ '.') }}
    {%- for idea, columns in ideas.items() %},
    {{ idea }}.{{ columns | join(',\n    ' ~ idea ~ '.') }}
    {%- endfor %}
from {{ ref(first ~ '_by_day') }} as {{ first }}
{% for idea in ideas if idea != first -%}
inner join {{ ref(idea ~ '_by_day') }} as {{ idea }}
    on {{ first }}.customer_id = {{ idea }}.customer_id
    and {{ first }}.as_of_date = {{ idea }}.as_of_date
{% endfor -%}
where
    {% for idea in ideas -%}
    {{ 'and ' if not loop.first }}{{ idea }}.as_of_date in (select as_of_date from days)
    {% endfor %}
{%- endmacro %}

{#- The dimensions by which customers are divided by rule or by a fit, and their names in words: migration and segment_profit. -#}
{% macro segment_dimensions() -%}
{{ return({
    'RFM segment': 'rfm_segment', 'RFM segment by profit': 'profit_rfm_segment', 'ABC tier': 'abc_tier',
    'pyramid tier': 'pyramid_tier', 'member tier': 'member_tier', 'lifecycle stage': 'lifecycle_stage',
    'channel habit': 'channel_habit', 'frequency band': 'frequency_band', 'spend band': 'spend_band',
    'behaviour cluster': 'behaviour_cluster'
}) }}
{%- endmacro %}
{#- A number of segment_rules, as SQL. -#}
{% macro segment_rule(rule) -%}
(select rule_value from {{ ref('segment_rules') }} where rule = '{{ rule }}')
{%- endmacro %}

{#- A number of retention_rules, as SQL. -#}
{% macro retention_rule(rule) -%}
(select rule_value from {{ ref('retention_rules') }} where rule = '{{ rule }}')
{%- endmacro %}

{#-
  A number from 0 up to 1 that a text alone decides, and that says nothing else of it: the first five hexadecimal digits
  of its MD5, as a fraction. `purpose` makes draws for different purposes independent of each other.
-#}
{% macro drawn_by_hash(text, purpose) -%}
(
    {%- for place in range(1, 6) %}
    (instr('0123456789abcdef', substr(md5('{{ purpose }} ' || {{ text }}), {{ place }}, 1)) - 1)
        / {{ double(16 ** place) }}{{ ' +' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{#- Where customers live and who they are, in bands: habits that the shop was told. -#}
{% macro place_and_people() -%}
{{ return(['country', 'region', 'age_band', 'gender', 'income_band', 'education']) }}
{%- endmacro %}

{#- What is known of tonight only, by the mart that says it: columns of customer_segments besides the rules. -#}
{% macro tonights_segments() -%}
{{ return({
    'customer_premium': ['is_premium', 'premium_chance', 'premium_group'],
    'customer_value_score': [
        'value_score', 'current_score', 'future_score', 'credit_score', 'loyalty_score', 'growth_score',
        'missing_parts', 'known_weight'
    ],
    'customer_loyalty': [
        'repeat_order_count', 'repeat_share', 'category_count', 'discount_share', 'consideration_hours',
        'incident_count', 'forgiven_share', 'satisfaction', 'nps', 'referred_customer_count', 'referred_profit',
        'visit_count', 'visit_minutes', 'days_since_last_visit', 'early_bird_share', 'is_early_bird',
        'purchase_style', 'motive', 'attitude', 'lifestyle'
    ]
}) }}
{%- endmacro %}

{#- A number of offer_rules, as SQL. -#}
{% macro offer_rule(rule) -%}
(select rule_value from {{ ref('offer_rules') }} where rule = '{{ rule }}')
{%- endmacro %}

{#-
  What can be offered of the most popular products alone, as of one cut: what goes together with what a customer owns comes
  on top of it. For claims about how much must be offered at least.

  cut     a condition on basket_cuts, as `cuts`

  Yields CTEs: `popular`, of the products; `popular_count`; `popular_owned`, how many of them a customer owns. Who owns
  none has no row.
-#}
{% macro popular_to_offer(cut) -%}
popular as (
    select
        cut_on,
        product_id
    from (
        select
            products.cut_on,
            products.product_id,
            row_number() over (order by products.basket_count desc, products.product_id) as place
        from {{ ref('basket_products') }} as products
        inner join {{ ref('basket_cuts') }} as cuts on products.cut_on = cuts.cut_on
        where products.is_offered and {{ cut }}
    ) as placed
    where place <= {{ offer_rule('popular_products') }}
),

popular_count as (
    select count(*) as product_count from popular
),

popular_owned as (
    select
        owned.customer_id,
        count(*) as product_count
    from {{ ref('owned_products') }} as owned
    inner join popular
        on owned.cut_on = popular.cut_on
        and owned.product_id = popular.product_id
    group by owned.customer_id
)
{%- endmacro %}

{#- Whether a tier of the pyramid is premium: the upper two of four. -#}
{% macro is_premium(tier) -%}{{ tier }} in ('platinum', 'gold'){%- endmacro %}
