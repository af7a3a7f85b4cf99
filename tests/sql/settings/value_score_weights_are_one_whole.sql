-- What it is: the weights of the value score add up to 1, and each part has one.
-- When it matters: a weight was changed and another was not.
-- How to resolve it: value_score_weights.csv.
select
    'value_score_weights.csv: the weights of ' || cast(count(*) as string) || ' parts add up to '
    || cast(coalesce(sum(weight), 0) as string) || '; the five parts must add up to 1' as problem
from {{ ref('value_score_weights') }}
having coalesce(sum(weight), 0) <> 1 or count(*) <> 5
