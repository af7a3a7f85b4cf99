-- What it is: a pool that is counted as a cost of winning customers is one that pool_rules knows for the same shop.
-- When it matters: a name that is misspelt counts nothing in, and nobody would see it.
-- How to resolve it: write the pool in loaded_pools.csv as in pool_rules.csv and in the ledger.
select
    'loaded_pools.csv, row ' || loaded.shop || ', ' || loaded.pool || ': no pool of that name in pool_rules.csv'
        as problem
from {{ ref('loaded_pools') }} as loaded
left join {{ ref('pool_rules') }} as rules
    on loaded.pool = rules.pool
    and (loaded.shop = rules.shop or rules.shop = '*' or loaded.shop = '*')
where rules.pool is null
