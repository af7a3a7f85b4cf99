select
    segments.customer_id,
    segments.{{ rule_segments() | join(',\n    segments.') }},
    {% for mart, columns in tonights_segments().items() -%}
    {{ mart }}.{{ columns | join(',\n    ' ~ mart ~ '.') }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('segments_by_day') }} as segments
{% for mart in tonights_segments() -%}
inner join {{ ref(mart) }} as {{ mart }} on segments.customer_id = {{ mart }}.customer_id
{% endfor -%}
where segments.is_tonight
