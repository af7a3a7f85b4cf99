select
    surveys.survey_id,
    coalesce(aliases.customer_id, surveys.customer_id) as customer_id,
    surveys.surveyed_at,
    {{ local_date('surveys.surveyed_at') }} as surveyed_on,
    surveys.nps,
    surveys.satisfaction,
    surveys.motive,
    surveys.attitude,
    surveys.lifestyle
from {{ ref('judged_surveys') }} as surveys
left join {{ ref('stg_customer_aliases') }} as aliases on surveys.customer_id = aliases.account_id
where
    surveys.fate = 'accepted'
    and {{ known_at('surveys.surveyed_at') }}
    and {{ counts('surveys.customer_id') }}
