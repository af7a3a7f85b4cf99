{#-
  How the contract (models/staging/contract.yml) judges the rows of an input. No rule is written here: which columns a
  table has, what they must carry and what names a row comes from the contract, by way of contract_rules().
-#}

{#- The contract's rules of one input table: `key`, `money`, and `columns` by name. -#}
{% macro contract_of(table) -%}
{{ return(contract_rules()[table]) }}
{%- endmacro %}

{#- The input tables, in the order of the contract. -#}
{% macro input_tables() -%}
{{ return(contract_rules().keys() | list) }}
{%- endmacro %}

{#- The columns of an input table as it is landed: the contract's, then the stamps. -#}
{% macro landed_columns(table) -%}
{{ return((contract_of(table).columns.keys() | list) + ['load_id', 'source_file', 'source_row', 'unreadable', 'payload']) }}
{%- endmacro %}

{#- Sentences, each shown where its condition holds, joined by '; '; null where none does. -#}
{% macro sentences(conditions) -%}
nullif(
    {%- for condition, sentence in conditions %}
    {{ '|| ' if not loop.first }}case when {{ condition }} then '; {{ sentence | replace("'", "''") }}' else '' end
    {%- else %}
    ''
    {%- endfor %},
    ''
)
{%- endmacro %}

{#-
  Before this UTC timestamp nothing can have happened: the opening day begins, on the shop's calendar or on that of UTC,
  whichever is earlier. What is handed in as a day without a time is midnight of UTC, also west of Greenwich.
-#}
{% macro opened_at() -%}
{%- set day = "date '" ~ var('shop_opened_on') ~ "'" -%}
least(cast({{ day }} as timestamp), {{ day_begins_at(day) }})
{%- endmacro %}

{#- The row-by-row rules of the contract that a landed row breaks, as sentences; null where it breaks none. -#}
{% macro broken_rules(table) -%}
{%- set conditions = [] -%}
{%- for name, rule in contract_of(table).columns.items() -%}
        {%- if rule.required -%}
        {%- do conditions.append((name ~ ' is null', name ~ ' is missing')) -%}
    {%- endif -%}
    {%- if rule.allowed -%}
        {%- do conditions.append((
            name ~ " not in ('" ~ rule.allowed | join("', '") ~ "')", name ~ ' is none of ' ~ rule.allowed | join(', ')
        )) -%}
    {%- endif -%}
    {%- if rule.minimum is defined -%}
        {%- do conditions.append((name ~ ' < ' ~ rule.minimum, name ~ ' is below ' ~ rule.minimum)) -%}
    {%- endif -%}
    {%- if rule.maximum is defined -%}
        {%- do conditions.append((name ~ ' > ' ~ rule.maximum, name ~ ' is above ' ~ rule.maximum)) -%}
    {%- endif -%}
    {%- if rule.below is defined -%}
        {%- do conditions.append((
            'abs(' ~ name ~ ') >= ' ~ rule.below, name ~ ' has more than 12 digits before the point'
        )) -%}
    {%- endif -%}
    {%- if rule.event -%}
        {%- do conditions.append((name ~ ' < ' ~ opened_at(), name ~ ' is before the shop opened')) -%}
        {%- do conditions.append((name ~ ' > loaded_at', name ~ ' is after the load')) -%}
    {%- endif -%}
    {#- Every mart carries it. A number without a plus may be any number, so that it passes. -#}
    {%- if rule.customer and var('customer_ids') != 'keyed' -%}
        {%- do conditions.append((name ~ " like '%_@_%'", name ~ ' is an e-mail address (customer_ids: keyed)')) -%}
        {%- do conditions.append((name ~ " like '+_______%'", name ~ ' is a telephone number (customer_ids: keyed)')) -%}
    {%- endif -%}
{%- endfor -%}
case when unreadable is not null then '; could not be read' else {{ sentences(conditions) }} end
{%- endmacro %}

{#- The condition under which a landed row says of itself which one it is: its key is complete. -#}
{% macro has_key(table, prefix='') -%}
{%- set complete = [] -%}
{%- for column in contract_of(table).key if contract_of(table).columns[column].required -%}
    {%- do complete.append(prefix ~ column ~ ' is not null') -%}
{%- endfor -%}
{{ complete | join(' and ') }}
{%- endmacro %}

{#- The columns of a table's key as SQL. A part that the contract lets be absent is one value like any other. -#}
{% macro key_of(table, prefix='') -%}
{%- set parts = [] -%}
{%- for column in contract_of(table).key -%}
    {%- do parts.append(
        prefix ~ column if contract_of(table).columns[column].required else "coalesce(" ~ prefix ~ column ~ ", '')"
    ) -%}
{%- endfor -%}
{{ return(parts) }}
{%- endmacro %}

{#-
  Every landed row of a table with its standing among the rows of the same key.

  standing    current     the row that counts, or would if it broke no rule
              duplicate   a copy of a row of the same load
              superseded  a later version counts, or the row was withdrawn
  broken      the sentences of the rules it breaks, null where none

  The latest version by `updated_at`, then by load, counts. A row that breaks a rule takes no other's place, but a later
  row of its key takes its own: so a corrected row leaves quarantine by itself. A row without a readable key stands
  alone, and leaves when its file comes again. Two versions that no order tells apart and that differ contradict each
  other, and neither counts.

  Nearly every row is the only one of its key. Those that are not are few, and only they are put in order: ordering all
  was half the time of staging.
-#}
{% macro versions_of(table) -%}
{%- set columns = landed_columns(table) -%}
{%- set keys = key_of(table) -%}
{%- set key_columns = [] -%}
{%- for key in keys -%}{%- do key_columns.append('key_' ~ loop.index) -%}{%- endfor -%}
{%- set of_key = key_columns | join(', ') -%}
    with

    load_stamps as (
        select
            load_id,
            max(loaded_at) as loaded_at
        from {{ source('landed', 'loads') }}
        group by load_id
    ),

    file_versions as (
        select
            source_file,
            max(load_id) as latest_load_id
        from {{ source('landed', 'loads') }}
        where outcome = 'landed'
        group by source_file
    ),

    shared_keys as (
        select
            {%- for key in keys %}
            {{ key }} as key_{{ loop.index }},
            {%- endfor %}
            count(*) as row_count
        from {{ source('landed', table) }}
        where {{ has_key(table) }}
        group by {{ keys | join(', ') }}
        having count(*) > 1
    ),

    rivals as (
        select
            landed.*,
            {%- for key in keys %}
            shared_keys.key_{{ loop.index }},
            {%- endfor %}
            load_stamps.loaded_at
        from {{ source('landed', table) }} as landed
        inner join load_stamps on landed.load_id = load_stamps.load_id
        inner join shared_keys
            on
            {%- for key in key_of(table, 'landed.') %}
            {{ 'and ' if not loop.first }}{{ key }} = shared_keys.key_{{ loop.index }}
            {%- endfor %}
    ),

    judged_rivals as (
        select
            *,
            {{ broken_rules(table) }} as broken_rules,
            md5(coalesce(payload, '')
                {%- for column in contract_of(table).columns %} || '|' || coalesce(cast({{ column }} as string), '~')
                {%- endfor %}) as content
        from rivals
    ),

    numbered as (
        select
            *,
            row_number() over (
                partition by {{ of_key }}, load_id, content order by source_file, source_row
            ) as copy_number,
            min(content) over (partition by {{ of_key }}, load_id, updated_at)
            <> max(content) over (partition by {{ of_key }}, load_id, updated_at) as is_contradicted
        from judged_rivals
    ),

    ruled as (
        select
            *,
            broken_rules is not null or is_contradicted as is_broken
        from numbered
    ),

    ranked as (
        select
            load_id,
            source_file,
            source_row,
            copy_number,
            is_contradicted,
            rank() over (partition by {{ of_key }} order by updated_at desc nulls last, load_id desc) as recency,
            rank() over (
                partition by {{ of_key }}, is_broken order by updated_at desc nulls last, load_id desc
            ) as recency_among_its_like
        from ruled
    ),

    ordered as (
        select
            {%- for column in columns %}
            landed.{{ column }},
            {%- endfor %}
            load_stamps.loaded_at,
            coalesce(landed.load_id < file_versions.latest_load_id, false) and not ({{ has_key(table, 'landed.') }})
                as is_lost_version,
            coalesce(ranked.copy_number, 1) as copy_number,
            coalesce(ranked.is_contradicted, false) as is_contradicted,
            coalesce(ranked.recency, 1) as recency,
            coalesce(ranked.recency_among_its_like, 1) as recency_among_its_like
        from {{ source('landed', table) }} as landed
        inner join load_stamps on landed.load_id = load_stamps.load_id
        left join file_versions on landed.source_file = file_versions.source_file
        left join ranked
            on landed.load_id = ranked.load_id
            and landed.source_file = ranked.source_file
            and landed.source_row = ranked.source_row
    ),

    read as (
        select
            *,
            {{ broken_rules(table) }} as broken_rules
        from ordered
    )

    select
        {{ columns | join(', ') }},
        case
            when copy_number > 1 then 'duplicate'
            when broken_rules is not null or is_contradicted
                then case when recency > 1 or is_lost_version then 'superseded' else 'current' end
            when recency_among_its_like > 1 or coalesce(is_deleted, false) then 'superseded'
            else 'current'
        end as standing,
        nullif(coalesce(broken_rules, '') || case
            when is_contradicted then '; contradicts another row of the same key in the same load'
            else ''
        end, '') as broken
    from read
{%- endmacro %}

{#-
  The fate of each landed row, from its standing, the rules it breaks and what else speaks against it.

  relation    a CTE that carries the columns of `versions_of`
  against     columns of the relation with a sentence each, null where nothing speaks against the row

  Yields the landed columns, `fate` (accepted, quarantined, duplicate, superseded, erased) and `reasons`.
-#}
{% macro fates_of(table, relation, against=[]) -%}
select
    {{ landed_columns(table) | join(', ') }},
    case
        when unreadable = {{ erased() }} then 'erased'
        when standing <> 'current' then standing
        when broken is not null{% for column in against %} or {{ column }} is not null{% endfor %} then 'quarantined'
        else 'accepted'
    end as fate,
    case
        when standing = 'current' and coalesce(unreadable, '') <> {{ erased() }} then nullif(substr(
            coalesce(broken, ''){% for column in against %} || coalesce('; ' || {{ column }}, ''){% endfor %}, 3
        ), '')
    end as reasons
from {{ relation }}
{%- endmacro %}

{#- A whole judgement in one line, for a table that no other table has a say in. -#}
{% macro judge(table) -%}
with

versions as (
    {{ versions_of(table) }}
)

{{ fates_of(table, 'versions') }}
{%- endmacro %}

{#-
  A whole judgement for a table whose rows carry money in a currency of their own.

  dated_on    the day whose rate converts the row
-#}
{% macro judge_with_currency(table, dated_on) -%}
with

versions as (
    {{ versions_of(table) }}
),

daily_rates as (
    select * from {{ ref('stg_daily_rates') }}
),

rated as (
    select
        versions.*,
        case
            when {{ is_foreign('versions.currency') }} and daily_rates.rate_to_reporting is null
                then 'no rate of its currency within 7 days'
        end as unrated
    from versions
    left join daily_rates
        on versions.currency = daily_rates.currency
        and {{ dated_on }} = daily_rates.rate_on
)

{{ fates_of(table, 'rated', ['unrated']) }}
{%- endmacro %}

{#- What a row of a table counts in the conservation of money; null where the contract names nothing. -#}
{% macro money_of(table) -%}
cast({{ contract_of(table).money or 'null' }} as decimal(38, 7))
{%- endmacro %}

{#- When a row of a table happened, as a timestamp; null where the contract names no such column. -#}
{% macro event_of(table) -%}
{%- set events = [] -%}
{%- for name, rule in contract_of(table).columns.items() if rule.event -%}
    {%- do events.append(name) -%}
{%- endfor -%}
cast({{ events[0] or 'null' }} as timestamp)
{%- endmacro %}

{#- A landed row as one line of text, `column=value` for each that has one; the row as it came where it could not be read. -#}
{% macro row_as_text(table) -%}
coalesce(payload, ''
    {%- for column in contract_of(table).columns %} || coalesce('{{ column }}=' || cast({{ column }} as string) || ' ', '')
    {%- endfor %})
{%- endmacro %}
