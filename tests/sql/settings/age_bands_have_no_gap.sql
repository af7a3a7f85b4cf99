-- What it is: every age from 0 to 120 is in exactly one band.
-- When it matters: a customer in a gap has no band, one in an overlap stands twice in every mart.
-- How to resolve it: let each band in age_bands.csv begin one year after the one before ends.
with

ages as ({{ whole_numbers(121) }})

select
    ages.number as age,
    count(bands.age_band) as band_count
from ages
left join {{ ref('age_bands') }} as bands on ages.number between bands.from_age and bands.to_age
group by ages.number
having count(bands.age_band) <> 1
