{#- What DuckDB and Spark say differently. Differences live in this file and nowhere else. -#}

{#- Days from one date to another; negative when the second is earlier. -#}
{% macro days_between(first, second) -%}{{ return(adapter.dispatch('days_between')(first, second)) }}{%- endmacro %}
{% macro duckdb__days_between(first, second) -%}(cast({{ second }} as date) - cast({{ first }} as date)){%- endmacro %}
{% macro spark__days_between(first, second) -%}datediff(cast({{ second }} as date), cast({{ first }} as date)){%- endmacro %}

{#- Seconds from one timestamp to another, as a double. -#}
{% macro seconds_between(first, second) -%}{{ return(adapter.dispatch('seconds_between')(first, second)) }}{%- endmacro %}
{% macro duckdb__seconds_between(first, second) -%}(epoch({{ second }}) - epoch({{ first }})){%- endmacro %}
{% macro spark__seconds_between(first, second) -%}
(cast({{ second }} as double) - cast({{ first }} as double))
{%- endmacro %}

{#- A date some whole months on; the last day of the month where the day does not exist there. -#}
{% macro add_months(date, months) -%}{{ return(adapter.dispatch('add_months')(date, months)) }}{%- endmacro %}
{% macro duckdb__add_months(date, months) -%}cast({{ date }} + to_months(cast({{ months }} as int)) as date){%- endmacro %}
{% macro spark__add_months(date, months) -%}add_months({{ date }}, {{ months }}){%- endmacro %}

{#- A date some days on. -#}
{% macro add_days(date, days) -%}{{ return(adapter.dispatch('add_days')(date, days)) }}{%- endmacro %}
{% macro duckdb__add_days(date, days) -%}cast({{ date }} + to_days(cast({{ days }} as int)) as date){%- endmacro %}
{% macro spark__add_days(date, days) -%}date_add({{ date }}, {{ days }}){%- endmacro %}

{#-
  The day on the shop's own calendar of a UTC timestamp. That a timestamp is one of UTC, DuckDB is told by its number of
  microseconds: `timezone('UTC', ...)` asks the calendar of UTC as well, which is a third of the time.
-#}
{% macro local_date(utc_timestamp) -%}{{ return(adapter.dispatch('local_date')(utc_timestamp)) }}{%- endmacro %}
{% macro duckdb__local_date(utc_timestamp) -%}
cast(timezone('{{ var("reporting_time_zone") }}', make_timestamptz(epoch_us({{ utc_timestamp }}))) as date)
{%- endmacro %}
{% macro spark__local_date(utc_timestamp) -%}
cast(from_utc_timestamp({{ utc_timestamp }}, '{{ var("reporting_time_zone") }}') as date)
{%- endmacro %}

{#- When a day begins on the shop's own calendar, as a UTC timestamp. -#}
{% macro day_begins_at(date) -%}{{ return(adapter.dispatch('day_begins_at')(date)) }}{%- endmacro %}
{% macro duckdb__day_begins_at(date) -%}
cast(timezone('UTC', timezone('{{ var("reporting_time_zone") }}', cast({{ date }} as timestamp))) as timestamp)
{%- endmacro %}
{% macro spark__day_begins_at(date) -%}
to_utc_timestamp(cast({{ date }} as timestamp), '{{ var("reporting_time_zone") }}')
{%- endmacro %}

{#- Whole numbers from 0 to one less than `count`, as a table with the column `number`. -#}
{% macro whole_numbers(count) -%}{{ return(adapter.dispatch('whole_numbers')(count)) }}{%- endmacro %}
{% macro duckdb__whole_numbers(count) -%}select cast(range as int) as number from range({{ count }}){%- endmacro %}
{% macro spark__whole_numbers(count) -%}select cast(id as int) as number from range({{ count }}){%- endmacro %}

{#- The type of whole numbers of up to 38 digits: for products that a bigint cannot hold. -#}
{% macro wide_integer() -%}{{ return(adapter.dispatch('wide_integer')()) }}{%- endmacro %}
{% macro duckdb__wide_integer() -%}hugeint{%- endmacro %}
{% macro spark__wide_integer() -%}decimal(38, 0){%- endmacro %}

{#-
  A decimal as a whole number: how many of its last places there are. The places must hold it exactly.

  DuckDB divides wide numbers bit by bit, and a cast from a wide decimal is such a division: a tenth of the whole statement
  went there. Up to 10^15 a double is off by less than a quarter after two roundings, so that the nearest whole number is
  the one; what is larger goes the long way, by a factor wide enough that all digits of the product are kept.
-#}
{% macro whole_number(amount, places) -%}{{ return(adapter.dispatch('whole_number')(amount, places)) }}{%- endmacro %}
{% macro duckdb__whole_number(amount, places) -%}
case
    when abs({{ amount }}) < {{ 10 ** (15 - places) }}
        then cast(cast(cast({{ amount }} as double) * {{ 10 ** places }} as bigint) as hugeint)
    else cast({{ amount }} * cast({{ 10 ** places }} as decimal(19, 0)) as hugeint)
end
{%- endmacro %}
{% macro spark__whole_number(amount, places) -%}
cast({{ amount }} * cast({{ 10 ** places }} as decimal({{ places + 1 }}, 0)) as decimal(38, 0))
{%- endmacro %}

{#-
  The same as the next, or one more or less: who has the products can tell. On DuckDB, as above, a double says it, and up
  to 10^15 it is within one: two numbers and their quotient, rounded once each, are off by less than a half together.
-#}
{% macro near_quotient(numerator, divisor) -%}{{ return(adapter.dispatch('near_quotient')(numerator, divisor)) }}{%- endmacro %}
{% macro duckdb__near_quotient(numerator, divisor) -%}
case
    when cast({{ numerator }} as double) / cast({{ divisor }} as double) < 1e15
        then cast(floor(cast({{ numerator }} as double) / cast({{ divisor }} as double)) as bigint)
    else {{ whole_quotient(numerator, divisor) }}
end
{%- endmacro %}
{% macro spark__near_quotient(numerator, divisor) -%}{{ whole_quotient(numerator, divisor) }}{%- endmacro %}

{#- Whole quotient of two whole numbers, neither negative, the divisor not zero: what is left over is cut off. -#}
{% macro whole_quotient(numerator, divisor) -%}{{ return(adapter.dispatch('whole_quotient')(numerator, divisor)) }}{%- endmacro %}
{% macro duckdb__whole_quotient(numerator, divisor) -%}cast(({{ numerator }}) // ({{ divisor }}) as bigint){%- endmacro %}
{% macro spark__whole_quotient(numerator, divisor) -%}cast(({{ numerator }}) div ({{ divisor }}) as bigint){%- endmacro %}

{#-
  The logarithm of the gamma function of a number above 0. Spark has none: Stirling's series, eight places further to the
  right, where it is exact to the last digits of a double.
-#}
{% macro log_gamma(number) -%}{{ return(adapter.dispatch('log_gamma')(number)) }}{%- endmacro %}
{% macro duckdb__log_gamma(number) -%}lgamma({{ number }}){%- endmacro %}
{% macro spark__log_gamma(number) -%}
{%- set moved = '(' ~ number ~ ' + 8)' -%}
((({{ moved }} - 0.5D) * ln({{ moved }}) - {{ moved }} + 0.918938533204672742D
    + 1 / (12 * {{ moved }}) - 1 / (360 * pow({{ moved }}, 3)) + 1 / (1260 * pow({{ moved }}, 5))
    - 1 / (1680 * pow({{ moved }}, 7)) + 1 / (1188 * pow({{ moved }}, 9)) - 691 / (360360 * pow({{ moved }}, 11)))
    - (ln({{ number }}){% for step in range(1, 8) %} + ln({{ number }} + {{ step }}){% endfor %}))
{%- endmacro %}

{#- The median of a column over the rows of a group up to and with this one; nulls do not count. -#}
{% macro running_median(column, groups, order) -%}
{{ return(adapter.dispatch('running_median')(column, groups, order)) }}
{%- endmacro %}
{% macro duckdb__running_median(column, groups, order) -%}
median(cast({{ column }} as double)) over (
        partition by {{ groups | join(', ') }} order by {{ order }} rows between unbounded preceding and current row
    )
{%- endmacro %}
{% macro spark__running_median(column, groups, order) -%}
percentile({{ column }}, 0.5) over (
        partition by {{ groups | join(', ') }} order by {{ order }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{#-
  Makes each landed folder of Parquet readable as `landed.<table>`. Where a shop says so (customer_ids: keyed), customers
  go by their keys from here on; what leads back is a file of the private folder (orchestration/refresh/customer_keys.py).
  What is compiled reads nothing.
-#}
{% macro register_landed() -%}
{%- set folder = env_var('WAREHOUSE_HOME', 'warehouses/demo') ~ '/landed/' -%}
{%- if execute and flags.WHICH != 'compile' -%}
    {%- do run_query('create schema if not exists landed') -%}
    {%- for table in input_tables() + ['loads'] -%}
        {%- do adapter.dispatch('register_folder')('landed.' ~ table, folder ~ table) -%}
    {%- endfor -%}
    {%- if var('customer_ids') == 'keyed' -%}
        {%- do adapter.dispatch('register_customer_keys')(folder) -%}
    {%- endif -%}
{%- endif -%}
{%- endmacro %}

{#- A path as a text of SQL: a home may lie below /home/o'neil. -#}
{% macro duckdb__path(path) -%}'{{ path | replace("'", "''") }}'{%- endmacro %}
{% macro spark__path(path) -%}'{{ path | replace("\\", "\\\\") | replace("'", "\\'") }}'{%- endmacro %}

{% macro duckdb__register_folder(name, folder) -%}
{%- do run_query(
    "create or replace view " ~ name ~ " as select * from read_parquet(" ~ duckdb__path(folder ~ "/*.parquet")
    ~ ", union_by_name = true)"
) -%}
{%- endmacro %}
{% macro duckdb__register_customer_keys(folder) -%}
{%- do run_query(
    "create or replace view landed.customer_keys as select * from read_parquet("
    ~ duckdb__path(env_var('WAREHOUSE_PRIVATE', 'warehouses/demo/private') ~ "/customer_keys.parquet") ~ ")"
) -%}
{%- for table in input_tables() -%}
    {%- set replaced, joins = [], [] -%}
    {%- for column, rule in contract_of(table).columns.items() if rule.customer -%}
        {%- do replaced.append(
            "case when landed." ~ column ~ " is not null then coalesce(" ~ column ~ "_key.customer_key, "
            ~ "error('a customer has landed and has no key yet: run the whole refresh')) end as " ~ column
        ) -%}
        {%- do joins.append(
            "left join landed.customer_keys as " ~ column ~ "_key on landed." ~ column ~ " = " ~ column ~ "_key.customer_id"
        ) -%}
    {%- endfor -%}
    {%- if replaced -%}
        {%- do run_query(
            "create or replace view landed." ~ table ~ " as select landed.* replace (" ~ replaced | join(', ')
            ~ ") from read_parquet(" ~ duckdb__path(folder ~ table ~ "/*.parquet") ~ ", union_by_name = true) as landed "
            ~ joins | join(' ')
        ) -%}
    {%- endif -%}
{%- endfor -%}
{%- endmacro %}
{% macro spark__register_customer_keys(folder) -%}
{%- do exceptions.raise_compiler_error("customer_ids: keyed is for DuckDB; on Spark, tables carry the shop's own numbers.") -%}
{%- endmacro %}
{% macro spark__register_folder(name, folder) -%}
{%- do run_query("drop table if exists " ~ name) -%}
{%- do run_query("create table " ~ name ~ " using parquet location " ~ spark__path(folder)) -%}
{%- endmacro %}

{#- Makes a folder of Parquet readable under a name, on either engine: fits that orchestration has made. -#}
{% macro register_fits(name, folder) -%}
{%- do run_query('create schema if not exists predictions') -%}
{%- do adapter.dispatch('register_folder')('predictions.' ~ name, folder) -%}
{%- endmacro %}
