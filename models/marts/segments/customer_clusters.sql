select
    customer_id,
    fit_on,
    cluster,
    behaviour_cluster
from {{ ref('clusters_by_day') }}
where is_tonight
