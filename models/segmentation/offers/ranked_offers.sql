{%- set methods = {
    'bought together': 'score desc nulls last, popular_place',
    'most popular': 'popular_place'
} -%}
with

ranked as (
    {% for method, order in methods.items() -%}
    select
        cut_on,
        customer_id,
        '{{ method }}' as method,
        product_id,
        {{ 'score' if method == 'bought together' else 'cast(null as decimal(18, 6))' }} as score,
        {{ 'because_product_id' if method == 'bought together' else 'cast(null as string)' }} as because_product_id,
        row_number() over (partition by cut_on, customer_id order by {{ order }}) as offer_rank
    from {{ ref('offer_candidates') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    ranked.cut_on,
    cuts.is_tonight,
    ranked.customer_id,
    ranked.method,
    cast(ranked.offer_rank as int) as offer_rank,
    ranked.product_id,
    cast(ranked.score as decimal(18, 6)) as score,
    ranked.because_product_id
from ranked
inner join {{ ref('basket_cuts') }} as cuts on ranked.cut_on = cuts.cut_on
where ranked.offer_rank <= {{ offer_rule('offers') }}
