"""The SQL of the page, one query a question, over the schemas marts and metadata of one file and nothing else.

The page shows each query behind its chart, as it can be pasted into a client of the published file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.report import lifetime_value_queries
from orchestration.sql_text import literal

Row = dict[str, Any]
Answers = dict[str, list[Row]]

LINES = (
    "gross_sales", "discounts", "refunds", "net_sales", "cogs", "contribution_1", "fulfilment", "payment_fees",
    "bad_debt", "contribution_2", "service", "loyalty", "retention_marketing", "acquisition_marketing",
    "contribution_3", "overhead", "currency_difference", "net_profit",
)  # fmt: skip

# Cohorts and months shown in the retention grid: three years are what fits a page and a print.
COHORTS_SHOWN = 36

LISTED = 15
"""Customers to keep, and products that earn most, that are named."""

LOSERS_LISTED = 5
QUARTERS_SHOWN = 12
MONTHS_SHOWN = 24
PAYBACK_MONTHS = 12


class ReportError(Exception):
    """The page cannot be built; the message is one sentence for a person."""


# "Recent" is the last twelve complete months, or as many as there are since the first one with an order or an amount:
# with a running month in it, a comparison with the twelve before would flatter the past. Null when none is complete.
PERIOD = """period as (
    select
        first_month,
        last_month,
        last_complete_month as recent_to,
        greatest(cast(last_complete_month - interval 11 month as date), first_month) as recent_from,
        cast(last_complete_month - interval 12 month as date) as before_to,
        cast(last_complete_month - interval 23 month as date) as before_from
    from (
        select
            min(month) as first_month,
            max(month) as last_month,
            case
                when max(as_of_date) = last_day(max(as_of_date)) then cast(date_trunc('month', max(as_of_date)) as date)
                else cast(date_trunc('month', max(as_of_date)) - interval 1 month as date)
            end as last_complete_month
        from marts.company_profit_monthly
        cross join metadata.as_of
        where order_count <> 0 or net_sales <> 0 or net_profit <> 0
    ) as months
    where last_complete_month >= first_month
)"""

QUERIES: dict[str, str] = {
    "as_of": "select as_of_date, shop, reporting_currency, reporting_time_zone\nfrom metadata.as_of",
    "period": f"with {PERIOD}\nselect * from period",
    "company": f"""with {PERIOD}
select
    min(month) filter (where order_count > 0) as first_order_month,
    max(month) filter (where order_count > 0) as last_order_month,
    coalesce(sum(order_count), 0) as order_count,
    coalesce(sum(net_sales), 0) as net_sales,
    coalesce(sum(net_profit), 0) as net_profit,
    coalesce(sum(net_sales) filter (where month between recent_from and recent_to), 0) as recent_net_sales,
    coalesce(sum(net_profit) filter (where month between recent_from and recent_to), 0) as recent_net_profit,
    sum(net_sales) filter (where month between before_from and before_to and first_month <= before_from)
        as before_net_sales,
    sum(net_profit) filter (where month between before_from and before_to and first_month <= before_from)
        as before_net_profit
from marts.company_profit_monthly
left join period on true""",
    "customers": """select
    count(*) as customers,
    count(*) filter (where order_count > 0) as with_order,
    count(*) filter (where order_count = 0 and net_profit <> 0) as without_order_but_with_result,
    count(*) filter (where net_profit > 0) as earning,
    count(*) filter (where net_profit < 0) as losing,
    coalesce(sum(net_profit) filter (where net_profit > 0), 0) as earned,
    coalesce(-sum(net_profit) filter (where net_profit < 0), 0) as lost,
    coalesce(sum(net_profit), 0) as net_profit
from marts.customer_profit""",
    "owners": """select
    profit_owner,
    sum(net_profit) as net_profit
from marts.customer_profit_monthly
group by profit_owner
order by profit_owner""",
    "loss_channels": """select
    acquisition_channel,
    count(*) filter (where order_count > 0) as with_order,
    coalesce(-sum(net_profit) filter (where net_profit < 0), 0) as lost
from marts.customers
group by acquisition_channel
order by lost desc, acquisition_channel""",
    "whale_curve": """select
    customer_percentile,
    customer_count,
    cumulative_profit,
    share_of_total,
    share_of_peak,
    is_peak
from marts.profit_curve
order by customer_percentile""",
    "statement": f"""with {PERIOD},

lines as (
    unpivot marts.company_profit_monthly
    on {", ".join(LINES)}
    into name statement_line value amount
)

select
    statement_line,
    sum(amount) as total,
    sum(amount) filter (where month between recent_from and recent_to) as recent,
    bool_or(amount <> 0) as is_recorded
from lines
left join period on true
group by statement_line
order by statement_line""",
    "rfm": """select
    recency_score,
    frequency_score,
    count(*) as customers,
    sum(net_profit) as net_profit,
    cast(cast(sum(net_profit) as double) / count(*) as decimal(18, 2)) as average_net_profit
from marts.customer_segments
inner join marts.customer_profit using (customer_id)
where recency_score is not null and frequency_score is not null
group by recency_score, frequency_score
order by recency_score, frequency_score""",
    "abc": """select
    abc_tier as code,
    count(*) as customers,
    sum(customer_segments.contribution_2_last_12_months) as contribution,
    sum(net_profit_last_12_months) as net_profit
from marts.customer_segments
inner join marts.customer_profit using (customer_id)
where abc_tier is not null and (customer_profit.order_count > 0 or net_profit <> 0)
group by abc_tier
order by case abc_tier when 'A' then 1 when 'B' then 2 when 'C' then 3 when 'zero' then 4 else 5 end, abc_tier""",
    "statement_months": f"""with {PERIOD}

select
    month,
    recent_to,
    {", ".join(LINES)}
from marts.company_profit_monthly
inner join period on month >= first_month
    and (month = recent_to or month = recent_to - interval 1 month or month = recent_to - interval 12 month)
order by month desc""",
    "acquisition_quarters": f"""select
    cast(date_trunc('quarter', month) as date) as quarter,
    channel,
    coalesce(sum(spend), 0) as spend,
    coalesce(sum(new_customers), 0) as new_customers
from marts.acquisition_costs
cross join metadata.as_of
where
    date_trunc('quarter', month) < date_trunc('quarter', as_of_date + interval 1 day)
    and month >= date_trunc('quarter', as_of_date + interval 1 day) - interval {3 * QUARTERS_SHOWN} month
group by date_trunc('quarter', month), channel
order by quarter, channel""",
    "payback": f"""with cells as (
    select *
    from marts.acquisition_payback
    where is_complete and acquisition_cost is not null and months_since <= {PAYBACK_MONTHS}
),

-- Who cannot be followed as far as the others would bend the curve where they leave it.
followed as (
    select cohort_month, channel
    from cells
    where months_since = (select max(months_since) from cells)
)

select
    channel,
    months_since,
    sum(cohort_customers) as customers,
    sum(acquisition_cost) as cost,
    sum(cumulative_contribution) as contribution
from cells
inner join followed using (cohort_month, channel)
group by channel, months_since
order by channel, months_since""",
    "balance": f"""select
    month,
    active_before,
    retained_customers,
    returned_customers,
    new_customers,
    lapsed_customers,
    active_customers
from marts.retention_monthly
cross join metadata.as_of
where is_complete and month >= date_trunc('month', as_of_date + interval 1 day) - interval {MONTHS_SHOWN} month
order by month""",
    "windows": """select
    window_days,
    sum(observed_customers) as observed,
    sum(repeat_customers) as repeated
from marts.repeat_windows
group by window_days
having sum(observed_customers) > 0
order by window_days""",
    "pyramid": """select
    pyramid_tier as code,
    count(*) as customers,
    sum(customer_segments.contribution_2_last_12_months) as contribution,
    sum(net_profit_last_12_months) as net_profit
from marts.customer_segments
inner join marts.customer_profit using (customer_id)
where pyramid_tier is not null and (customer_profit.order_count > 0 or net_profit <> 0)
group by pyramid_tier
order by
    case pyramid_tier when 'platinum' then 1 when 'gold' then 2 when 'iron' then 3 when 'lead' then 4 else 5 end,
    pyramid_tier""",
    "lifecycle": """select
    lifecycle_stage as code,
    count(*) as customers,
    sum(customer_segments.contribution_2_last_12_months) as contribution,
    sum(net_profit_last_12_months) as net_profit
from marts.customer_segments
inner join marts.customer_profit using (customer_id)
where lifecycle_stage is not null
group by lifecycle_stage
order by
    case lifecycle_stage
        when 'prospect' then 1 when 'new' then 2 when 'growing' then 3 when 'mature' then 4 when 'returned' then 5
        when 'declining' then 6 when 'dormant' then 7 when 'lost' then 8 else 9
    end,
    lifecycle_stage""",
    "migration": """select month, dimension, is_new_customer, from_segment, to_segment, customer_count
from marts.segment_migration
where
    dimension in ('lifecycle stage', 'ABC tier')
    and (is_new_customer or from_segment <> to_segment)
    and month = (
        select max(month)
        from marts.segment_migration
        cross join metadata.as_of
        where last_day(month) <= as_of_date
    )
order by dimension, customer_count desc, from_segment, to_segment""",
    "keep_total": """select
    count(*) as customers,
    coalesce(sum(value_at_risk), 0) as value_at_risk,
    count(*) filter (where is_held_out) as held_out
from marts.retention_list""",
    "keep": f"""select
    list.customer_id,
    list.lifecycle_stage,
    list.reason,
    segments.recency_days,
    segments.rhythm_days,
    list.action,
    list.is_held_out,
    list.chance_gone,
    list.value_at_risk,
    list.most_worth_spending
from marts.retention_list as list
inner join marts.customer_segments as segments using (customer_id)
order by list.list_rank
limit {LISTED}""",
    "product_tiers": """with sold as (
    select product_id, sum(net_sales) as net_sales
    from marts.product_profit
    cross join metadata.as_of
    where month > last_day(as_of_date) - interval 12 month
    group by product_id
)

select
    abc_tier as code,
    count(*) as customers,
    sum(contribution_1_last_12_months) as contribution,
    sum(net_sales) as net_profit
from marts.product_abc
inner join sold using (product_id)
group by abc_tier
order by case abc_tier when 'A' then 1 when 'B' then 2 when 'C' then 3 when 'zero' then 4 else 5 end, abc_tier""",
    "products": f"""with sold as (
    select
        product_id,
        max(product_name) as product_name,
        max(category) as category,
        sum(net_sales) as net_sales
    from marts.product_profit
    cross join metadata.as_of
    where month > last_day(as_of_date) - interval 12 month
    group by product_id
),

placed as (
    select
        product_id,
        product_name,
        category,
        abc_tier,
        net_sales,
        contribution_1_last_12_months as contribution,
        row_number() over (order by contribution_1_last_12_months desc, product_id) as place,
        row_number() over (order by contribution_1_last_12_months, product_id) as place_from_below
    from marts.product_abc
    inner join sold using (product_id)
)

select case when contribution > 0 then 'best' else 'worst' end as list, * exclude (place, place_from_below)
from placed
where
    (contribution > 0 and place <= {LISTED})
    or (contribution < 0 and place_from_below <= {LOSERS_LISTED})
order by list, abs(contribution) desc, product_id""",
    "retention": f"""with cells as (
    select
        cohort_month,
        months_since,
        cohort_customers,
        active_customers
    from marts.customer_retention
    where is_complete and months_since between 1 and {COHORTS_SHOWN}
)

select *
from cells
where cohort_month > (select max(cohort_month) - interval {COHORTS_SHOWN} month from cells)
order by cohort_month, months_since""",
    "acquisition": f"""with {PERIOD}

select
    coalesce(channel, 'unattributed') as channel,
    coalesce(sum(spend), 0) as total_spend,
    coalesce(sum(new_customers), 0) as total_new_customers,
    coalesce(sum(spend) filter (where month between recent_from and recent_to), 0) as recent_spend,
    coalesce(sum(new_customers) filter (where month between recent_from and recent_to), 0) as recent_new_customers
from marts.acquisition_costs
left join period on true
group by coalesce(channel, 'unattributed')
order by channel""",
    "input_fates": """select
    table_name,
    fate,
    sum(row_count) as row_count
from metadata.input_fates
group by table_name, fate
having sum(row_count) > 0
order by table_name, fate""",
    "quarantine": """select
    table_name,
    reason,
    row_count,
    money,
    example_file,
    example_row
from metadata.quarantine_summary
order by row_count desc, table_name, reason, example_file, example_row""",
    # What is handed in as a day without a time is midnight, and that day everywhere.
    "freshness": """select
    table_name,
    row_count,
    cast(
        case
            when latest_event_at = date_trunc('day', latest_event_at) then latest_event_at
            else timezone(reporting_time_zone, timezone('UTC', latest_event_at))
        end
        as date
    ) as latest_event_on
from metadata.input_freshness
cross join metadata.as_of
order by table_name""",
    "checks": """select
    stage,
    count(*) as checks,
    count(*) filter (where passed) as passed,
    count(*) filter (where not passed and is_critical) as failed_critical
from metadata.check_results
group by stage
order by stage""",
    "failed_checks": """select
    stage,
    suite,
    expectation,
    is_critical,
    unexpected_count,
    detail
from metadata.check_results
where not passed
order by is_critical desc, stage, suite, expectation, detail""",
    "run": "select run_id\nfrom metadata.run\norder by run_id",
}

QUERIES |= lifetime_value_queries.QUERIES

# Written only when a run is published: a file that dbt alone has built has no run and no check results yet.
OPTIONAL_TABLES = {"checks": "check_results", "failed_checks": "check_results", "run": "run"}


def read(marts: Path, queries: Mapping[str, str] = QUERIES) -> Answers:
    """Answers by name of query, those of the page where no others are given: rows as dictionaries, money as Decimal.

    Opens the file read-only. Raises ReportError when it cannot be opened or lacks a table or column that is read.
    """
    if not marts.is_file():
        raise ReportError(f"{marts}: no such file; expected a DuckDB file with schemas marts and metadata.")
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        # Attached under a name of its own, so that a file of any name can be read: DuckDB refuses marts.customer_profit
        # as ambiguous where the file itself is called marts.
        try:
            connection.execute(f"attach {literal(marts)} as published (read_only)")
            connection.execute("use published")
        except duckdb.Error as error:
            raise ReportError(f"{marts}: cannot be opened as a DuckDB file: {_first_line(error)}") from error
        present = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables "
                "where table_catalog = 'published' and table_schema = 'metadata'"
            ).fetchall()
        }
        answers: Answers = {}
        for name, query in queries.items():
            if name in OPTIONAL_TABLES and OPTIONAL_TABLES[name] not in present:
                answers[name] = []
                continue
            try:
                found = connection.execute(query)
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                message = f"{marts}: the query '{name}' of the report cannot be answered: {_first_line(error)}"
                raise ReportError(message) from error
            columns = [column[0] for column in found.description]
            answers[name] = [dict(zip(columns, values, strict=True)) for values in found.fetchall()]
    return answers


def shown(name: str) -> str:
    """A query as a client that has opened the published file takes it."""
    return QUERIES[name] + ";"


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0]
