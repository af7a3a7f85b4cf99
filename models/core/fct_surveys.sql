select
    survey_id,
    customer_id,
    surveyed_at,
    surveyed_on,
    nps,
    satisfaction,
    motive,
    attitude,
    lifestyle
from {{ ref('stg_surveys') }}
