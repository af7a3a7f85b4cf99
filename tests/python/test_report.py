"""The report page: true on any shop, one file, no request, the same bytes from the same marts.

Each shop here is written down as entries (owner, customer, month, orders, amounts). The marts file is made from them by
SQL of its own and the numbers expected on the page are added up in Python, so neither can hide a mistake of the page.
"""

from __future__ import annotations

import csv
import html
import importlib.util
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pyarrow
import pytest

from orchestration.report import ReportError, acquisition, build, palette
from orchestration.report.charts import diverging_level
from orchestration.report.drawing import apart, ticks
from orchestration.report.formats import Formats
from orchestration.report.queries import LINES, QUERIES
from orchestration.report.sentences import Sentences
from orchestration.report.texts import FOLDER, LANGUAGES, Texts

PROJECT = Path(__file__).resolve().parents[2]
SUBTOTALS = {
    "net_sales": ("gross_sales", ("discounts", "refunds")),
    "contribution_1": ("net_sales", ("cogs",)),
    "contribution_2": ("contribution_1", ("fulfilment", "payment_fees", "bad_debt")),
    "contribution_3": ("contribution_2", ("service", "loyalty", "retention_marketing", "acquisition_marketing")),
    "net_profit": ("contribution_3", ("overhead", "currency_difference")),
}
NOTHING = Decimal(0)
SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Entry:
    """What one owner did in one month; lines not named are zero, subtotals follow."""

    owner: str
    customer_id: str | None
    month: date
    orders: int
    amounts: dict[str, str]

    def lines(self) -> dict[str, Decimal]:
        """All eighteen lines of the statement."""
        found = {line: Decimal(self.amounts.get(line, "0")) for line in LINES}
        for subtotal, (start, reductions) in SUBTOTALS.items():
            found[subtotal] = found[start] - sum(found[line] for line in reductions)
        return found


@dataclass
class Shop:
    """A shop as the test knows it."""

    entries: list[Entry] = field(default_factory=list)
    channels: dict[str, str] = field(default_factory=dict)
    spend: list[tuple[date, str, str]] = field(default_factory=list)
    as_of: date = date(2025, 12, 31)
    currency: str = "EUR"
    name: str = "probe"
    fates: list[tuple[str, str, int]] = field(default_factory=list)
    reasons: list[tuple[str, str, int, str | None, str, int]] = field(default_factory=list)
    checks: list[tuple[str, str, str, bool, bool]] | None = None
    moves: list[tuple[date, str, bool, str | None, str | None, int]] = field(default_factory=list)
    listed: list[tuple[str, int, str, str, str, str, str, bool]] = field(default_factory=list)
    products: list[tuple[str, date, str | None, str, str]] = field(default_factory=list)

    def profits(self) -> dict[str, Decimal]:
        """Net profit by customer."""
        found: dict[str, Decimal] = defaultdict(lambda: NOTHING)
        for entry in self.entries:
            if entry.customer_id is not None:
                found[entry.customer_id] += entry.lines()["net_profit"]
        return found

    def total(self, line: str) -> Decimal:
        """A line of the company's statement over all months."""
        return sum((entry.lines()[line] for entry in self.entries), NOTHING)


MARTS = f"""
create schema marts;
create schema metadata;
create table metadata.as_of as
    select ? :: date as as_of_date, ? as shop, ? as reporting_currency, 'UTC' as reporting_time_zone;

create table marts.customer_profit_monthly as
select owner as profit_owner, customer_id, month, sum(orders)::bigint as order_count,
    {", ".join(f"sum({line})::decimal(18, 2) as {line}" for line in LINES)}
from entries group by owner, customer_id, month;

create table marts.company_profit_monthly as
select month, sum(order_count)::bigint as order_count,
    count(distinct customer_id) filter (where order_count > 0) as customer_count,
    {", ".join(f"sum({line})::decimal(18, 2) as {line}" for line in LINES)}
from marts.customer_profit_monthly group by month;

create table marts.customer_profit as
select customer_id, sum(order_count)::bigint as order_count,
    min(month) filter (where order_count > 0) as first_order_on,
    max(month) filter (where order_count > 0) as last_order_on,
    {", ".join(f"sum({line})::decimal(18, 2) as {line}" for line in LINES)},
    coalesce(sum(contribution_2) filter (where month > as_of_date - interval 12 month), 0)::decimal(18, 2)
        as contribution_2_last_12_months,
    coalesce(sum(net_profit) filter (where month > as_of_date - interval 12 month), 0)::decimal(18, 2)
        as net_profit_last_12_months
from marts.customer_profit_monthly cross join metadata.as_of
where profit_owner = 'customer' group by customer_id;

create table marts.profit_curve as
with ranked as (
    select net_profit, row_number() over (order by net_profit desc, customer_id) as place, count(*) over () as customers
    from marts.customer_profit
),
percentiles as (
    select percentile::int as customer_percentile, count(net_profit) as customer_count,
        coalesce(sum(net_profit), 0)::decimal(18, 2) as cumulative_profit
    from range(101) as percentiles (percentile)
    left join ranked on (place - 1) * 100 < percentile * customers
    where exists (from ranked)
    group by percentile
),
peak as (
    select max(cumulative_profit) as peak, max_by(cumulative_profit, customer_percentile) as total from percentiles
)
select customer_percentile, customer_count, cumulative_profit,
    case when total > 0 then cumulative_profit / total::double end as share_of_total,
    case when peak > 0 then cumulative_profit / peak::double end as share_of_peak,
    customer_percentile
        = (select min(customer_percentile) from percentiles cross join peak where cumulative_profit = peak) as is_peak
from percentiles cross join peak;

create table marts.customer_lifetime_value as
select customer_id, 'bg_nbd_all' as prediction_model, round(0.5 * contribution_2, 2)::decimal(18, 2) as value,
    greatest(value, 0)::decimal(18, 2) as predicted_value_365d,
    (greatest(value, 0) / 2)::decimal(18, 2) as predicted_value_365d_deviation
from marts.customer_profit
where exists (from marts.customer_profit where contribution_2 > 0 and order_count > 0);

create table marts.customers as
select customer_id, channel as acquisition_channel, order_count, net_profit, predicted_value_365d,
    case when predicted_value_365d is not null then 0.75::decimal(20, 6) end as probability_alive
from marts.customer_profit left join channels using (customer_id)
left join marts.customer_lifetime_value using (customer_id);

-- What can be judged needs customers, and what is drawn by month needs months.
create table marts.lifetime_value_calibration as
with placed as (
    select *, least(10, 1 + floor(10 * percent_rank() over (order by predicted_value_365d)))::int as decile
    from marts.customer_lifetime_value where (select count(*) from marts.customer_lifetime_value) >= 20
)
select cut_on, 'bg_nbd_all' as candidate, decile, count(*) as customer_count,
    sum(predicted_value_365d)::decimal(18, 2) as predicted_value, sum(value)::decimal(18, 2) as actual_value
from placed, (values (date '2024-12-31'), (date '2025-03-31')) as cuts (cut_on) group by cut_on, decile;

create table marts.lifetime_value_validation as
select distinct cut_on, false as is_rival from marts.lifetime_value_calibration
union all select date '2025-03-31', true;

create table marts.lifetime_value_tracking as
select as_of_date - (7 * week)::int as week_end_on, as_of_date - 28 as cut_on, week < 4 as is_holdout,
    (9 - week) * 11 as actual_orders, ((9 - week) * 10.25)::decimal(18, 2) as predicted_orders
from range(9) as weeks (week), metadata.as_of where exists (from marts.lifetime_value_calibration);

create table marts.customer_equity_monthly as
select month, sum(sum(contribution_2)) over (order by month)::decimal(18, 2) as past_value,
    100::decimal(18, 2) as predicted_value, (past_value + 100)::decimal(18, 2) as customer_equity,
    0::decimal(18, 2) as won_value, 0::decimal(18, 2) as grown_value, 0::decimal(18, 2) as lost_value
from marts.customer_profit_monthly
where profit_owner = 'customer' and exists (from marts.customer_lifetime_value)
group by month;

create table marts.customer_segments as
with scored as (
    select *,
        least(5, 1 + floor(5 * percent_rank() over (order by last_order_on)))::int as recency_score,
        least(5, 1 + floor(5 * percent_rank() over (order by order_count)))::int as frequency_score,
        sum(greatest(contribution_2_last_12_months, 0)) over (
            order by contribution_2_last_12_months desc, customer_id rows between unbounded preceding and current row
        ) - greatest(contribution_2_last_12_months, 0) as before,
        sum(greatest(contribution_2_last_12_months, 0)) over () as positive,
        row_number() over (order by contribution_2_last_12_months desc, customer_id) as place,
        count(*) filter (where contribution_2_last_12_months > 0) over () as earners,
        as_of_date
    from marts.customer_profit cross join metadata.as_of
)
select customer_id, case when order_count > 0 then recency_score end as recency_score,
    case when order_count > 0 then frequency_score end as frequency_score,
    case
        when contribution_2_last_12_months < 0 then 'loss'
        when contribution_2_last_12_months = 0 then 'zero'
        when before < 0.8 * positive then 'A'
        when before < 0.95 * positive then 'B'
        else 'C'
    end as abc_tier,
    case
        when contribution_2_last_12_months < 0 then 'lead'
        when contribution_2_last_12_months = 0 then 'iron'
        when place <= ceil(0.05 * earners) then 'platinum'
        when place <= ceil(0.2 * earners) then 'gold'
        else 'iron'
    end as pyramid_tier,
    case
        when order_count = 0 then 'prospect'
        when last_order_on <= as_of_date - interval 12 month then 'lost'
        when last_order_on <= as_of_date - interval 4 month then 'declining'
        when order_count = 1 then 'new'
        else 'mature'
    end as lifecycle_stage,
    contribution_2_last_12_months, 37 as recency_days, 12.5::decimal(12, 6) as rhythm_days
from scored;

create table marts.segment_migration as select *, 0 as net_count from moves;
create table marts.retention_list as
select *, 'Write with a voucher' as action from listed;
create table marts.product_profit as
select product_id, month, product_name, 'Coffee' as category, net_sales, contribution_1 from products;
create table marts.product_abc as
select product_id, sum(contribution_1)::decimal(18, 2) as contribution_1_last_12_months,
    case when sum(contribution_1) < 0 then 'loss' when sum(contribution_1) > 100 then 'A' else 'C' end as abc_tier
from products cross join metadata.as_of where month > as_of_date - interval 12 month group by product_id;

create table marts.retention_monthly as
with active as (
    select distinct month, customer_id, min(month) over (partition by customer_id) as first_month
    from marts.customer_profit_monthly where order_count > 0 and customer_id is not null
),
counted as (
    select months.month, count(active.customer_id) as active_customers,
        count(*) filter (where active.month = active.first_month) as new_customers,
        count(before.month) as retained_customers
    from (
        select unnest(generate_series((select min(month) from active), as_of_date, interval 1 month))::date as month
        from metadata.as_of
    ) as months
    left join active using (month)
    left join active as before
        on active.customer_id = before.customer_id and before.month = active.month - interval 1 month
    group by months.month
)
select month, coalesce(lag(active_customers) over (order by month), 0) as active_before, new_customers,
    active_customers - retained_customers - new_customers as returned_customers,
    coalesce(lag(active_customers) over (order by month), 0) - retained_customers as lapsed_customers,
    active_customers, retained_customers, last_day(month) <= as_of_date as is_complete
from counted cross join metadata.as_of;

create table marts.repeat_windows as
with active as (
    select customer_id, month, min(month) over (partition by customer_id) as cohort_month
    from marts.customer_profit_monthly where order_count > 0 and customer_id is not null
),
firsts as (
    select customer_id, cohort_month, days as window_days,
        bool_or(month > cohort_month and month <= cohort_month + days * interval 1 day) as came_back
    from active, (values (90), (365)) as windows (days) group by all
)
select cohort_month, window_days, count(*) as observed_customers, count(*) filter (where came_back) as repeat_customers
from firsts cross join metadata.as_of
where cohort_month + window_days * interval 1 day <= as_of_date group by all;

create table marts.customer_retention as
with cohorts as (
    select customer_id, min(month) as cohort_month from marts.customer_profit_monthly
    where order_count > 0 and customer_id is not null group by customer_id
),
cells as (
    select cohort_month, months_since::int as months_since,
        (cohort_month + months_since * interval 1 month)::date as month,
        (select count(*) from cohorts as members where members.cohort_month = firsts.cohort_month) as cohort_customers
    from (select distinct cohort_month from cohorts) as firsts, range(400) as since (months_since), metadata.as_of
    where cohort_month + months_since * interval 1 month <= as_of_date
)
select cohort_month, months_since, cohort_customers,
    (select count(*) from cohorts join marts.customer_profit_monthly as active using (customer_id)
     where cohorts.cohort_month = cells.cohort_month and active.month = cells.month and order_count > 0)
        as active_customers,
    last_day(month) <= as_of_date as is_complete
from cells cross join metadata.as_of;

create table marts.acquisition_costs as
with won as (
    select cohort_month as month, coalesce(channel, 'unattributed') as channel, count(*) as new_customers
    from (
        select customer_id, min(month) as cohort_month from marts.customer_profit_monthly
        where order_count > 0 and customer_id is not null group by customer_id
    ) left join channels using (customer_id) group by all
),
spent as (select month, channel, sum(spend)::decimal(18, 2) as spend from spend group by all)
select month, channel, null::varchar as campaign, spend, coalesce(new_customers, 0) as new_customers
from won full join spent using (month, channel);

create table marts.acquisition_payback as
with won as (
    select customer_id, min(month) as cohort_month, any_value(channel) as channel
    from marts.customer_profit_monthly join channels using (customer_id)
    where order_count > 0 group by customer_id
),
spent as (select month as cohort_month, channel, sum(spend)::decimal(18, 2) as spend from spend group by all),
cells as (
    select cohort_month, channel, months_since::int as months_since,
        (cohort_month + months_since * interval 1 month)::date as month, count(*) as cohort_customers
    from won, range(37) as since (months_since), metadata.as_of
    where cohort_month + months_since * interval 1 month <= as_of_date group by all
)
select cells.*, spent.spend as acquisition_cost,
    (select coalesce(sum(contribution_2), 0) from marts.customer_profit_monthly as lines join won using (customer_id)
     where won.cohort_month = cells.cohort_month and won.channel = cells.channel and lines.month <= cells.month)
        ::decimal(18, 2) as cumulative_contribution,
    last_day(month) + 62 <= as_of_date as is_complete
from cells left join spent using (cohort_month, channel) cross join metadata.as_of;

create table metadata.input_fates as
select table_name, 1 as load_id, fate, row_count, null::decimal(20, 4) as money from fates;
create table metadata.quarantine_summary as select * from reasons;
create table metadata.input_freshness as
select table_name, sum(row_count)::bigint as row_count, as_of_date::timestamp as latest_event_at, 1 as latest_load_id
from fates cross join metadata.as_of group by table_name, as_of_date
union all select 'surveys', 0, null, null;
"""


def write_marts(shop: Shop, path: Path) -> Path:
    """The published file of a shop, as far as the page reads it."""
    money = pyarrow.decimal128(20, 2)
    text, whole = pyarrow.string(), pyarrow.int64()
    entries = [
        {"owner": entry.owner, "customer_id": entry.customer_id, "month": entry.month, "orders": entry.orders}
        | entry.lines()
        for entry in shop.entries
    ]
    given = {
        "entries": (
            entries,
            {"owner": text, "customer_id": text, "month": pyarrow.date32(), "orders": whole}
            | dict.fromkeys(LINES, money),
        ),
        "channels": (
            [{"customer_id": customer, "channel": channel} for customer, channel in shop.channels.items()],
            {"customer_id": text, "channel": text},
        ),
        "spend": (
            [{"month": month, "channel": channel, "spend": Decimal(spend)} for month, channel, spend in shop.spend],
            {"month": pyarrow.date32(), "channel": text, "spend": money},
        ),
        "fates": (
            [dict(zip(("table_name", "fate", "row_count"), fate, strict=True)) for fate in shop.fates],
            {"table_name": text, "fate": text, "row_count": whole},
        ),
        "reasons": (
            [
                {
                    "table_name": table,
                    "reason": reason,
                    "row_count": rows,
                    "money": None if amount is None else Decimal(amount),
                    "example_file": file,
                    "example_row": row,
                }
                for table, reason, rows, amount, file, row in shop.reasons
            ],
            {"table_name": text, "reason": text, "row_count": whole, "money": money, "example_file": text}
            | {"example_row": whole},
        ),
    }
    for name, columns in (
        ("moves", {"month": pyarrow.date32(), "dimension": text, "is_new_customer": pyarrow.bool_()}
         | {"from_segment": text, "to_segment": text, "customer_count": whole}),
        ("listed", {"customer_id": text, "list_rank": whole, "lifecycle_stage": text, "chance_gone": money}
         | {"value_at_risk": money, "most_worth_spending": money, "reason": text, "is_held_out": pyarrow.bool_()}),
        ("products", {"product_id": text, "month": pyarrow.date32(), "product_name": text, "net_sales": money}
         | {"contribution_1": money}),
    ):  # fmt: skip
        rows = [dict(zip(columns, row, strict=True)) for row in getattr(shop, name)]
        amounts = {column for column, kind in columns.items() if kind == money}
        given[name] = ([{k: Decimal(v) if k in amounts else v for k, v in row.items()} for row in rows], columns)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as published")
        connection.execute("use published")
        for name, (rows, columns) in given.items():
            connection.register(name, pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(list(columns.items()))))
        head, create, rest = MARTS.partition("create table metadata.as_of as")
        statement, _, rest = rest.partition(";")
        connection.execute(head)
        connection.execute(create + statement, [shop.as_of, shop.name, shop.currency])
        connection.execute(rest)
        if shop.checks is not None:
            connection.execute(
                "create table metadata.check_results (stage varchar, suite varchar, expectation varchar, "
                "is_critical boolean, passed boolean, unexpected_count bigint, detail varchar)"
            )
            for check in shop.checks:
                connection.execute("insert into metadata.check_results values (?, ?, ?, ?, ?, null, null)", check)
            connection.execute("create table metadata.run as select 'run-1' as run_id")
    return path


def normal_shop(customers: int = 120, seed: int = 7, begin_year: int = 2023) -> Shop:
    """Three years of customers of every kind: earners, losers, guests, four channels, refused rows, a failed check."""
    chance = random.Random(seed)
    months = [date(year, month, 1) for year in range(begin_year, 2026) for month in range(1, 13)]
    shop = Shop(
        fates=[
            ("orders", "accepted", 900),
            ("orders", "quarantined", 4),
            ("customers", "accepted", 130),
            ("customers", "duplicate", 1),
            ("order_lines", "accepted", 2000),
            ("order_lines", "superseded", 2),
        ],
        reasons=[
            ("orders", "currency: <script>alert(1)</script> has no rate", 3, "120.50", "orders/1.csv", 17),
            ("orders", "ordered_at is missing", 1, None, "orders/2.csv", 3),
        ],
        checks=[
            ("arriving", "orders", "order_id is never null", True, True),
            ("dbt", "customer_profit", "customers add up to the company", True, True),
            ("leaving", "customers", "at least 90% of customers have a country", False, False),
        ],
        moves=[
            (date(2025, 12, 1), "lifecycle stage", False, "mature", "mature", 70),
            (date(2025, 12, 1), "lifecycle stage", False, "mature", "declining", 9),
            (date(2025, 12, 1), "lifecycle stage", False, "lost", "returned", 4),
            (date(2025, 12, 1), "lifecycle stage", True, None, "new", 3),
            (date(2025, 11, 1), "lifecycle stage", False, "new", "mature", 50),
            (date(2025, 12, 1), "ABC tier", False, "A", "B", 1),
        ],
        listed=[
            (f"C{place:05d}", place + 1, "lost", "0.76", f"{200 - place}.00", "20.00", "late", place == 1)
            for place in range(17)
        ],
        products=[
            ("P1", date(2025, 6, 1), "Espresso <1 kg>", "900.00", "400.00"),
            ("P2", date(2025, 7, 1), "Filter", "150.00", "60.00"),
            ("P3", date(2025, 7, 1), None, "80.00", "-15.00"),
            ("P4", date(2023, 7, 1), "Long gone", "500.00", "300.00"),
        ],
    )
    channels = {"organic": 0.0, "referral": 0.0, "paid_search": 14.0, "paid_social": 38.0}
    for number in range(customers):
        customer = f"C{number:05d}"
        channel = chance.choice(sorted(channels))
        shop.channels[customer] = channel
        first = chance.randrange(len(months))
        stays = chance.random() ** 2
        spend = chance.lognormvariate(3.6, 0.7)
        dear = chance.random() < 0.3
        for place in range(first, len(months)):
            if place > first and chance.random() > stays * 0.6:
                continue
            gross = round(spend * chance.uniform(0.6, 1.6), 2)
            amounts = {
                "gross_sales": gross,
                "discounts": gross * chance.choice([0, 0, 0.1]),
                "refunds": gross * (0.5 if dear and chance.random() < 0.4 else 0),
                "cogs": gross * 0.45,
                "fulfilment": 4.2 if not dear else 8.0,
                "payment_fees": gross * 0.02,
                "service": 6.0 if dear else 0.4,
                "loyalty": gross * 0.01,
                "acquisition_marketing": channels[channel] if place == first else 0,
                "overhead": 3.1,
            }
            rounded = {line: f"{amount:.2f}" for line, amount in amounts.items()}
            shop.entries.append(Entry("customer", customer, months[place], 1 + (stays > 0.8), rounded))
        if channels[channel]:
            shop.spend.append((months[first], channel, f"{channels[channel] * 1.1:.2f}"))
    shop.spend.append((months[-2], "display", "75.00"))
    for month in months:
        guest = {"gross_sales": "90.00", "cogs": "41.00", "fulfilment": "4.00"}
        shop.entries.append(Entry("guests", None, month, 2, guest))
        shop.entries.append(Entry("unassigned", None, month, 0, {"overhead": "11.00"}))
        shop.entries.append(Entry("idle", None, month, 0, {"service": "3.00"}))
    return shop


def month(year: int, number: int) -> date:
    return date(year, number, 1)


def sale(customer: str | None, when: date, gross: str, cogs: str, **more: str) -> Entry:
    """One order of a customer, or of a guest where there is none."""
    return Entry("customer" if customer else "guests", customer, when, 1, {"gross_sales": gross, "cogs": cogs, **more})


ACCEPTED = [("orders", "accepted", 12), ("order_lines", "accepted", 30)]


def shops() -> dict[str, Shop]:
    """One shop of each kind the page must be true on."""
    third = month(2025, 3)
    no_spend = normal_shop(30)
    no_spend.spend = []
    no_spend.checks = None
    return {
        "normal": normal_shop(),
        "no_spend": no_spend,
        "empty": Shop(),
        "guests_only": Shop([sale(None, third, "80.00", "30.00")], fates=ACCEPTED),
        "one_customer": Shop([sale("A", third, "80.00", "30.00")], {"A": "organic"}, fates=ACCEPTED),
        "all_at_a_loss": Shop(
            [sale(f"L{place}", month(2025, 1 + place), "10.00", "25.50", service="1.00") for place in range(8)],
            fates=ACCEPTED,
        ),
        "nobody_loses": Shop(
            [sale(f"P{place}", month(2024, 1 + place), f"{100 + 10 * place}.00", "40.00") for place in range(10)],
            fates=ACCEPTED,
        ),
        # Earned 50, lost 90: customers cost money together, and one stands at zero.
        "below_zero": Shop(
            [
                sale("A", third, "80.00", "30.00"),
                sale("B", third, "10.00", "70.00"),
                sale("C", third, "20.00", "50.00"),
                sale("D", third, "20.00", "20.00"),
            ],
            spend=[(third, "display", "12.00")],
            fates=ACCEPTED,
        ),
        # Opened this month: no month is complete, so nothing may be said of a period.
        "newly_opened": Shop(
            [sale("A", month(2025, 12), "80.00", "30.00"), sale("B", month(2025, 12), "8.00", "9.00")],
            spend=[(month(2025, 12), "display", "12.00")],
            channels={"A": "display"},
            as_of=date(2025, 12, 10),
            currency="SEK",
        ),
    }


@dataclass
class Built:
    """A shop and its page."""

    shop: Shop
    marts: Path
    folder: Path

    @property
    def page(self) -> str:
        return (self.folder / "report.html").read_text(encoding="utf-8")

    @property
    def mail(self) -> str:
        return (self.folder / "report-static.html").read_text(encoding="utf-8")

    @property
    def chinese(self) -> str:
        return (self.folder / "report-zh.html").read_text(encoding="utf-8")

    @property
    def text(self) -> str:
        """What a person reads on the page, in one line."""
        return visible(self.page)

    def title(self, section: str) -> str:
        """The sentence at the head of a section."""
        found = re.search(rf'<h2 id="{section}-title">(.*?)</h2>', self.page, re.DOTALL)
        assert found, f"the page has no section '{section}'"
        return visible(found.group(1))

    def has(self, section: str) -> bool:
        return f'<section class="card {section}' in self.page


def visible(source: str) -> str:
    """Text of a piece of HTML: scripts, styles, pictures, queries, badges and tags left out."""
    bare = re.sub(r"<(script|style|noscript|svg|pre)\b.*?</\1>", " ", source, flags=re.DOTALL)
    bare = re.sub(r'<span class="badge[^>]*>.*?</span>', "", bare)
    bare = re.sub(r"</?(b|span|a|code)\b[^>]*>", "", bare)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", bare)).split())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """The pages of all shops."""
    found = {}
    for name, shop in shops().items():
        folder = tmp_path_factory.mktemp(name)
        marts = write_marts(shop, folder / "customer_profitability.duckdb")
        build(marts, folder / "page")
        found[name] = Built(shop, marts, folder / "page")
    return found


EURO = Formats(Texts(), "EUR")


# The normal shop: every number on the page against the entries, added up here


def test_headline_says_what_customers_earn_and_lose(built):
    shop = built["normal"].shop
    profits = shop.profits().values()
    earned = sum(profit for profit in profits if profit > 0)
    lost = -sum(profit for profit in profits if profit < 0)
    losing = sum(profit < 0 for profit in profits)
    share = sum(profit > 0 for profit in profits) / len(profits)
    assert losing > 10 and lost < earned, "the normal shop has both kinds of customers"
    text = built["normal"].text
    assert f"The best {share:.0%} of customers earn {EURO.money(earned)}." in text
    assert f"{losing} others lose {EURO.money(lost)} of it." in text


def test_headline_closes_with_the_company_and_what_no_customer_caused(built):
    shop = built["normal"].shop
    by_owner = defaultdict(lambda: NOTHING)
    for entry in shop.entries:
        by_owner[entry.owner] += entry.lines()["net_profit"]
    text = built["normal"].text
    margin = shop.total("net_profit") / shop.total("net_sales")
    assert f"The company has made {EURO.money(shop.total('net_profit'))} of net profit so far, {margin:.0%}" in text
    assert f"{EURO.money(by_owner['guests'])} from guests" in text
    assert f"{EURO.money(by_owner['unassigned'])} that no customer caused" in text
    assert f"{EURO.money(by_owner['idle'])} of capacity that stood idle" in text


def test_headline_names_the_channel_with_more_of_the_loss_than_of_the_customers(built):
    shop = built["normal"].shop
    lost, customers = defaultdict(lambda: NOTHING), defaultdict(int)
    for customer, profit in shop.profits().items():
        lost[shop.channels[customer]] += max(-profit, NOTHING)
        customers[shop.channels[customer]] += 1
    worst = max(lost, key=lambda channel: lost[channel])
    loss_share, share = lost[worst] / sum(lost.values()), customers[worst] / sum(customers.values())
    assert loss_share > share
    said = f"Customers won through {worst.replace('_', ' ')} are {share:.0%} of all with an order, and {loss_share:.0%}"
    assert said in built["normal"].text


def test_tiles_compare_the_last_twelve_months_with_the_twelve_before(built):
    shop = built["normal"].shop
    year = {number: [entry for entry in shop.entries if entry.month.year == number] for number in (2024, 2025)}
    sales = {number: sum(entry.lines()["net_sales"] for entry in entries) for number, entries in year.items()}
    profit = {number: sum(entry.lines()["net_profit"] for entry in entries) for number, entries in year.items()}
    text = built["normal"].text
    change = EURO.change(sales[2025] / sales[2024] - 1)
    assert f"Net sales {EURO.money(sales[2025])} last 12 months, {change} on the 12 before" in text
    margin, before = EURO.share(profit[2025] / sales[2025]), EURO.share(profit[2024] / sales[2024])
    assert f"Net profit {EURO.money(profit[2025])} last 12 months, {margin} of net sales, {before} in the 12" in text


def test_whale_curve_title_gives_peak_and_end(built):
    profits = built["normal"].shop.profits().values()
    peak, total = sum(profit for profit in profits if profit > 0), sum(profits)
    expected = f"Profit peaks at {EURO.money(peak)}, {peak / total:.0%} of the {EURO.money(total)} that remains"
    assert built["normal"].title("whale") == expected


def test_whale_curve_table_stands_behind_the_chart(built):
    ranked = sorted(built["normal"].shop.profits().values(), reverse=True)
    half = sum(ranked[: len(ranked) // 2])
    assert f"<tr><td>50</td><td>{len(ranked) // 2}</td><td>{EURO.exact(half)}</td>" in built["normal"].page


def test_money_title_says_what_remains_and_what_costs_most(built):
    entries = [entry.lines() for entry in built["normal"].shop.entries if entry.month.year == 2025]
    total = {line: sum(entry[line] for entry in entries) for line in LINES}
    left = EURO.money((total["net_profit"] / total["net_sales"] * 100).quantize(Decimal("0.01")))
    cost = EURO.money((total["cogs"] / total["net_sales"] * 100).quantize(Decimal("0.01")))
    assert built["normal"].title("money") == (
        f"Of every €100 of net sales in the last 12 months, {left} remains as net profit; "
        f"cost of goods is the largest cost, {cost}"
    )
    assert (
        "The statement has no amounts for bad debt, retention marketing and currency difference" in built["normal"].text
    )


def test_waterfall_bars_meet_from_gross_sales_to_net_profit(built):
    shop = built["normal"].shop
    for name, entries in {
        "money-month": [entry for entry in shop.entries if entry.month == date(2025, 12, 1)],
        "money-recent": [entry for entry in shop.entries if entry.month.year == 2025],
    }.items():
        bars = boxes_of(built["normal"], name)
        said = dict(bar["data-tip"].split(": ") for bar in bars)
        subtotals = ["Gross sales", "Net sales", "Contribution 1", "Contribution 2", "Contribution 3", "Net profit"]
        assert [label for label in said if label in subtotals] == subtotals
        assert said["Net profit"] == EURO.money(sum(entry.lines()["net_profit"] for entry in entries))
        zero = float(bars[0]["x"])
        for before, bar in itertools.pairwise(bars):
            label = bar["data-tip"].split(": ")[0]
            ends = float(bar["x"]) + float(bar["width"])
            was_subtotal = before["data-tip"].split(": ")[0] in subtotals
            reached = float(before["x"]) + (float(before["width"]) if was_subtotal else 0)
            # A cost begins where the bar before it ended and goes left; a subtotal goes from zero to there.
            assert ends == pytest.approx(reached, abs=1), label
            if label in subtotals:
                assert float(bar["x"]) == pytest.approx(zero, abs=0.2), label


def test_frequency_grid_holds_every_customer_with_a_score(built):
    cells = [
        dict(line.split(": ") for line in box["data-tip"].splitlines()) for box in boxes_of(built["normal"], "rfm-grid")
    ]
    assert sum(int(cell["Customers"]) for cell in cells) == len(built["normal"].shop.profits())
    score = max(cell["Frequency score"] for cell in cells)
    assert built["normal"].title("rfm").startswith(f"Customers with frequency score {score}")


def test_tiers_say_how_few_make_most(built):
    contribution = defaultdict(lambda: NOTHING)
    for entry in built["normal"].shop.entries:
        if entry.customer_id:
            recent = entry.lines()["contribution_2"] if entry.month.year == 2025 else NOTHING
            contribution[entry.customer_id] += recent
    ranked = sorted((amount for amount in contribution.values() if amount > 0), reverse=True)
    first, made = 0, NOTHING
    while made < sum(ranked) * Decimal("0.8"):
        made += ranked[first]
        first += 1
    losing = [amount for amount in contribution.values() if amount < 0]
    share, part = EURO.share(Decimal(first) / len(contribution)), EURO.share(made / sum(ranked))
    title = built["normal"].title("abc")
    assert title.startswith(f"In the last 12 months, {share} of customers made {part} of all positive contribution")
    assert f"{len(losing)} lost {EURO.money(-sum(losing))} on it" in title
    assert len(losing) > 1


def test_retention_counts_only_what_has_been_observed_in_full(built):
    shop = built["normal"].shop
    active = defaultdict(set)
    for entry in shop.entries:
        if entry.customer_id and entry.orders:
            active[entry.customer_id].add(entry.month.year * 12 + entry.month.month)
    last = 2025 * 12 + 12
    rates = {}
    for since in (1, 12):
        seen = [months for months in active.values() if min(months) + since <= last]
        rates[since] = EURO.share(Decimal(sum(min(months) + since in months for months in seen)) / len(seen))
    expected = f"{rates[1]} of new customers order in the month after their first order, {rates[12]} in month 12"
    assert built["normal"].title("retention") == expected


def test_retention_leaves_out_the_running_month(tmp_path):
    """A month that is still running would read as customers who stayed away."""
    shop = Shop(
        [sale("A", month(2025, 10), "50.00", "20.00"), sale("A", month(2025, 11), "50.00", "20.00")],
        as_of=date(2025, 12, 10),
    )
    build(write_marts(shop, tmp_path / "customer_profitability.duckdb"), tmp_path)
    page = Built(shop, tmp_path / "customer_profitability.duckdb", tmp_path)
    assert page.title("retention") == "100% of new customers order in month 1 after their first order"
    assert 'colspan="1"' in page.page, "November is observed in full, December is not"


def test_acquisition_cost_is_spend_by_new_customers_of_the_channel(built):
    shop = built["normal"].shop
    first = {}
    for entry in shop.entries:
        if entry.customer_id:
            first[entry.customer_id] = min(first.get(entry.customer_id, entry.month), entry.month)
    won, spend = defaultdict(int), defaultdict(lambda: NOTHING)
    for customer, when in first.items():
        won[shop.channels[customer]] += when.year == 2025
    for when, channel, amount in shop.spend:
        spend[channel] += Decimal(amount) if when.year == 2025 else NOTHING
    cost = {
        channel: EURO.money((spend[channel] / won[channel]).quantize(Decimal("0.01")))
        for channel in spend
        if won[channel]
    }
    expected = (
        f"A new customer costs {cost['paid_search']} through paid search and {cost['paid_social']} through paid social"
    )
    assert built["normal"].title("acquisition") == expected
    blended = EURO.money((sum(spend.values()) / sum(won.values())).quantize(Decimal("0.01")))
    text = built["normal"].text
    assert f"for {sum(won.values())} new customers, {blended} each." in text
    assert "€75 went to display, where nobody was won." in text
    assert f"{won['organic'] + won['referral']} customers came without spend, through organic and referral." in text


def test_the_last_month_stands_beside_the_one_before_and_a_year_ago(built):
    profits = {}
    for when in (date(2025, 12, 1), date(2025, 11, 1), date(2024, 12, 1)):
        lines = [entry.lines() for entry in built["normal"].shop.entries if entry.month == when]
        profits[when] = sum(entry["net_profit"] for entry in lines)
    this, last, year_ago = profits.values()
    said = f"December 2025: {EURO.money(this)} of net profit, after {EURO.money(last)} in November 2025 and"
    assert f"{said} {EURO.money(year_ago)} in December 2024" in built["normal"].text
    change = EURO.change(this / last - 1)
    assert f"Net profit {EURO.exact(this)} {EURO.exact(last)} {change} {EURO.exact(year_ago)}" in built["normal"].text


def test_cost_of_a_customer_is_told_quarter_by_quarter(built):
    shop = built["normal"].shop
    first = {}
    for entry in shop.entries:
        if entry.customer_id:
            first[entry.customer_id] = min(first.get(entry.customer_id, entry.month), entry.month)
    cost = {}
    for year in (2024, 2025):
        won = sum(when.year == year and when.month > 9 for when in first.values())
        spend = sum(Decimal(amount) for when, _, amount in shop.spend if when.year == year and when.month > 9)
        cost[year] = EURO.money((spend / won).quantize(Decimal("0.01")))
    assert f"{cost[2025]} over all channels in Q4 2025, and {cost[2024]} in Q4 2024" in built["normal"].text


def test_payback_follows_the_same_customers_for_a_year(built):
    """A cohort that cannot be followed for twelve months is in no point of the curve."""
    shop = built["normal"].shop
    first = {}
    for entry in shop.entries:
        if entry.customer_id:
            first[entry.customer_id] = min(first.get(entry.customer_id, entry.month), entry.month)
    spend = defaultdict(lambda: NOTHING)
    for when, channel, amount in shop.spend:
        spend[when, channel] += Decimal(amount)
    tips = {dot.attrib.get("data-tip") for dot in picture_of(built["normal"], "acquisition-payback").iter()}
    for channel, since in itertools.product(("paid_search", "paid_social"), (0, 5, 12)):
        # The last cohort of which month 12 had been over for 62 days.
        cohort = {c: when for c, when in first.items() if shop.channels[c] == channel and when <= date(2024, 9, 1)}
        cost = sum(spend[when, channel] for when in set(cohort.values()))
        brought = NOTHING
        for entry in shop.entries:
            if entry.customer_id in cohort:
                begin = cohort[entry.customer_id]
                months = (entry.month.year - begin.year) * 12 + entry.month.month - begin.month
                brought += entry.lines()["contribution_2"] if months <= since else NOTHING
        net = EURO.money(((brought - cost) / len(cohort)).quantize(Decimal("0.01")))
        assert f"{channel.replace('_', ' ')}, Months since the first order {since}\n{net}" in tips


def test_the_month_balances_who_came_and_who_stayed_away(built):
    months = defaultdict(set)
    for entry in built["normal"].shop.entries:
        if entry.customer_id and entry.orders:
            months[entry.month].add(entry.customer_id)
    this, before = months[date(2025, 12, 1)], months[date(2025, 11, 1)]
    new = this - set().union(*(found for when, found in months.items() if when < date(2025, 12, 1)))
    again, back = this & before, this - before - new
    assert (
        f"{len(this)} customers bought in December 2025: {len(again)} as in the month before, "
        f"{len(back)} back after a pause, {len(new)} new; {len(before - this)} of the month before stayed away"
    ) in built["normal"].text
    drawn = [box for box in boxes_of(built["normal"], "retention-balance") if "December 2025" in box["data-tip"]]
    sides = {box["fill"]: (float(box["y"]), float(box["height"])) for box in drawn}
    zero = sum(sides["var(--bar)"])
    assert sides["var(--cost)"][0] == pytest.approx(zero, abs=0.2), "who stayed away hangs below zero"
    a_customer = sides["var(--cost)"][1] / len(before - this)
    assert sides["var(--bar)"][1] == pytest.approx(a_customer * len(again), abs=0.2)


@pytest.mark.parametrize(
    ("social", "search", "said"),
    [
        (["-5", "1", "-2"], ["1", "2", "3"], "Customers won through paid social have not paid back after 2 months"),
        (["-5", "1", "2"], ["1", "-2", "3"], "Every channel pays back; paid search takes longest, 2 months"),
        (["0", "1", "2"], ["1", "2", "3"], "Every channel pays back in the month of the first order"),
        (["-5", "1", "-2"], ["1", "2", "-1"], "No channel has paid back within 2 months of the first order"),
    ],
)
def test_what_was_back_once_and_is_gone_again_has_not_paid_back(social, search, said):
    """Goods are returned, parcels and losses follow: the title had told of the first month without anything missing."""
    rows = [
        {
            "channel": channel,
            "months_since": month,
            "customers": 1,
            "cost": Decimal(10),
            "contribution": Decimal(net) + 10,
        }
        for channel, line in (("paid_social", social), ("paid_search", search))
        for month, net in enumerate(line)
    ]
    figure, _ = acquisition.payback({"payback": rows}, Sentences(Texts(), EURO), Texts(), EURO)
    assert figure.heading == said


@pytest.mark.parametrize("as_of", [date(2025, 12, 31), date(2026, 3, 30)])
def test_as_many_months_and_quarters_are_shown_at_a_months_end_as_within_one(tmp_path, as_of):
    """Somebody new each month of five years, of whom the first comes back each month; the last one may be running."""
    months = [month(2021 + number // 12, 1 + number % 12) for number in range(60)]
    shop = Shop(
        [sale("first", when, "50.00", "20.00") for when in months]
        + [sale(f"new {when}", when, "50.00", "20.00") for when in months],
        channels={f"new {when}": "paid_search" for when in months},
        spend=[(when, "paid_search", "10.00") for when in months],
        as_of=as_of,
    )
    build(write_marts(shop, tmp_path / "customer_profitability.duckdb"), tmp_path)
    page = Built(shop, tmp_path / "customer_profitability.duckdb", tmp_path).page
    assert "Columns of customers who bought in each of 24 months" in page
    assert "Lines of the cost of a new customer by channel over 12 quarters" in page
    cohorts = re.search(r'<table class="cohorts">.*?</table>', page, re.DOTALL)[0]
    assert cohorts.count('<th scope="row">') == 36 + 1, "36 cohorts, and all together"


def test_a_month_in_which_nobody_bought_says_so(built):
    assert "Nobody bought in December 2025; 0 of the month before stayed away" in built["all_at_a_loss"].text
    assert 'id="retention-balance"' not in built["one_customer"].page, "one customer is no balance"


def test_the_pyramid_and_the_stages_count_everybody(built):
    for section in ("pyramid", "lifecycle", "abc"):
        card = re.search(rf'<section class="card {section}.*?</section>', built["normal"].page, re.DOTALL).group(0)
        counts = re.findall(r"</th>\s*<td>([\d,]+)</td>", card)
        assert sum(int(count) for count in counts) == len(built["normal"].shop.profits()), section
    assert built["normal"].title("pyramid").startswith("The top of the pyramid is ")
    assert re.match(r"Of 120 customers who have bought, \d+% buy in their usual", built["normal"].title("lifecycle"))


def test_who_moved_is_drawn_as_flows_of_the_last_month(built):
    text = built["normal"].text
    assert "In December 2025, 13 customers changed stage; most, 9, went from Mature to Declining" in text
    assert "In December 2025, one customer changed ABC tier, from A to B" in text
    tips = [
        part.attrib["data-tip"] for part in picture_of(built["normal"], "migration-lifecycle") if "d" in part.attrib
    ]
    assert tips == ["New here → New\n3", "Mature → Declining\n9", "Lost → Returned\n4"]
    assert 'id="migration-' not in built["below_zero"].page


def test_the_list_names_the_first_and_says_who_is_left_alone(built):
    page = built["normal"]
    risk = [Decimal(200 - place) for place in range(17)]
    share = EURO.share(sum(risk[:15]) / sum(risk))
    assert page.title("keep") == (
        f"17 customers are worth keeping and late: {EURO.money(sum(risk))} a year is at risk, {share} of it "
        "with the first 15"
    )
    assert "C00000 Lost No order for 37 days, expected every 13 Write with a voucher 76% €200 €20" in page.text
    assert "C00001 Lost No order for 37 days, expected every 13 Leave alone: held out 76% €199 €20" in page.text
    assert "C00015" not in page.text and "One of them is held out" in page.text
    nobody = "Nobody is on the retention list: nobody who may be written to is both worth keeping and late"
    assert built["below_zero"].title("keep") == nobody


def test_products_of_the_last_year_are_named(built):
    page = built["normal"]
    assert page.title("products") == "One of 3 products makes 87% of what products earn; one loses €15"
    assert "Espresso <1 kg> Coffee A 900.00 400.00 44%" in page.text
    assert "P3 Coffee at a loss 80.00 −15.00 −19%" in page.text
    assert "Long gone" not in page.text and not built["one_customer"].has("products")


def test_lifetime_value_says_what_is_expected_and_how_it_turned_out(built):
    """On the made-up predictions of MARTS: half of what each customer brought, twice over, and 75% alive."""
    page, shop = built["normal"], built["normal"].shop
    brought: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for entry in shop.entries:
        if entry.customer_id is not None:
            brought[entry.customer_id] += entry.lines()["contribution_2"]
    halves = [(amount / 2).quantize(Decimal("0.01"), ROUND_HALF_UP) for amount in brought.values()]
    expected = sum((max(half, NOTHING) for half in halves), NOTHING)
    formats = Formats(Texts("en"), "EUR")
    assert (
        page.title("lifetime") == f"120 customers are expected to bring {formats.money(expected)} in the next 365 days"
    )
    came = 2 * sum(halves, NOTHING)
    assert (
        f"After past quarter ends {formats.money(2 * expected)} was predicted, and {formats.money(came)} came"
        in page.text
    )
    assert "Until 31 December 2025, 99 repeat orders came; the fit of 3 December 2025 expected 92" in page.text
    assert "By the model, about 90 of 120 customers with an order still buy here" in page.text
    assert "ranked customers best in the shop's own past (2 past quarter ends)" in page.text
    charts = re.findall(r'id="lifetime-(\w+)"><div', page.page)
    assert charts == ["calibration", "tracking", "alive", "values", "equity"]
    assert page.text.count("What customers brought and will bring has") == 1


def test_lifetime_value_draws_only_what_can_be_compared(built):
    assert not built["empty"].has("lifetime") and not built["guests_only"].has("lifetime")
    page = built["one_customer"]
    assert page.title("lifetime") == "The only customer is expected to bring €25 in the next 365 days"
    assert 'id="lifetime-' not in page.page.replace('id="lifetime-title"', "")
    assert "The shop's past is too short to judge any model by" in page.text
    nothing = "Nothing can be predicted: no order of a known customer has been worth anything"
    assert built["all_at_a_loss"].title("lifetime") == nothing
    assert re.findall(r'id="lifetime-(\w+)"><div', built["nobody_loses"].page) == ["alive", "values", "equity"]


def test_quality_says_what_became_of_the_rows(built):
    title = built["normal"].title("quality")
    assert title == (
        "Of 3,037 rows handed in, 99.8% were accepted; 4 were refused, 1 is a duplicate and 2 were corrected later"
    )
    text = built["normal"].text
    assert "One of 3 checks failed, and it is not critical." in text
    assert "at least 90% of customers have a country" in text
    assert "Not handed in: surveys." in text
    assert "orders/1.csv, row 17 3 120.50" in text


@pytest.mark.parametrize(
    ("zone", "latest", "day"),
    [
        ("America/Los_Angeles", "2026-01-01 04:00:00", date(2025, 12, 31)),
        ("Asia/Tokyo", "2025-12-31 14:59:59", date(2025, 12, 31)),
        ("Asia/Tokyo", "2025-12-31 15:00:00", date(2026, 1, 1)),
        # A day without a time, as spend has it, is that day everywhere.
        ("America/Los_Angeles", "2025-12-31 00:00:00", date(2025, 12, 31)),
        ("America/Los_Angeles", None, None),
    ],
)
def test_the_latest_event_is_told_by_the_shop_s_own_day(zone, latest, day):
    with duckdb.connect() as connection:
        connection.execute("create schema metadata")
        connection.execute("create table metadata.as_of as select ? as reporting_time_zone", [zone])
        connection.execute(
            "create table metadata.input_freshness as "
            "select 'orders' as table_name, 1 as row_count, ?::timestamp as latest_event_at",
            [latest],
        )
        assert connection.execute(QUERIES["freshness"]).fetchone()[-1] == day


# Other shops


def test_an_empty_shop_says_so_and_draws_nothing(built):
    page = built["empty"]
    assert "No order has been accepted yet, so there is nothing to say about customers." in page.text
    assert page.title("quality") == "Nothing has been handed in yet"
    assert [name for name in ("whale", "money", "rfm", "abc", "retention", "acquisition") if page.has(name)] == []
    assert "<svg" not in page.page and "<svg" not in page.mail


def test_guests_alone_are_no_customers(built):
    page = built["guests_only"]
    assert "The only order was placed by a guest, so there is no customer to speak of." in page.text
    assert "The company has made €50 of net profit so far" in page.text
    assert page.has("money") and not page.has("whale") and not page.has("retention") and not page.has("acquisition")


def test_one_customer_is_spoken_of_and_not_drawn(built):
    page = built["one_customer"]
    assert "The only customer has earned €50." in page.text
    assert not page.has("whale")
    expected = "The only customer with a score has recency 1, frequency 1 and a net profit of €50"
    assert page.title("rfm") == expected
    assert 'id="rfm-grid"' not in page.page
    assert page.title("abc") == "In the last 12 months, one customer made 100% of all positive contribution"


def test_a_shop_where_all_lose(built):
    page = built["all_at_a_loss"]
    assert "All 8 customers lose money, €132 together." in page.text
    assert "The company has made a net loss of €132 so far." in page.text
    assert page.title("whale") == "No customer earns anything: the curve only falls, to −€132"
    assert page.title("money") == (
        "For every €100 of net sales, the company loses €165; cost of goods is the largest cost, €255"
    )
    assert page.title("abc") == "In the last 12 months, no customer made a positive contribution; 8 lost €124 on it"
    assert "Customers at a loss 100%" in page.text


def test_a_shop_where_nobody_loses(built):
    page = built["nobody_loses"]
    profits = sorted(page.shop.profits().values(), reverse=True)
    assert f"All 10 customers earn money, {EURO.money(sum(profits))} together." in page.text
    share = EURO.share(sum(profits[:2]) / sum(profits))
    assert page.title("whale") == f"Nobody loses money; the best 20% of customers make {share} of the €1,050"
    assert "Past the peak" not in page.text
    assert "Customers at a loss 0% nobody costs more than they bring" in page.text


def test_a_shop_whose_losses_exceed_what_is_earned(built):
    page = built["below_zero"]
    assert "The best 25% of customers earn €50. 2 others lose €90, which is more than that." in page.text
    assert page.title("whale") == "The best 25% of customers earn €50, but the others lose €90"
    assert "One customer stands at exactly zero." in page.text
    expected = "€12 was spent on acquisition, and no new customer came through the channels paid for"
    assert page.title("acquisition") == expected


def test_without_spend_the_cost_of_a_customer_is_not_known(built):
    page = built["no_spend"]
    assert page.title("acquisition") == "No acquisition spend is recorded, so what a new customer costs is not known"
    assert 'id="acquisition-costs"' not in page.page
    assert "<dt>Cost of a new customer</dt>" not in page.page
    assert "checks" not in page.title("quality") and "What arrives" not in page.text


def test_titles_end_without_a_full_stop_in_any_language(built):
    for kind, shop in built.items():
        for page in (shop.page, shop.chinese):
            titles = re.findall(r"<h2 id=.*?>(.*?)</h2>", page, re.DOTALL)
            assert [title for title in titles if title.endswith((".", "。"))] == [], kind


def test_before_the_first_complete_month_no_period_is_spoken_of(built):
    page = built["newly_opened"]
    assert "the 12 before" not in page.text and "of net sales in the last" not in page.text
    assert "Net sales SEK 88 in total" in page.text
    expected = (
        "No cohort has yet been observed for a whole month after its first order, so nothing is known about retention"
    )
    assert page.title("retention") == expected
    assert page.title("acquisition") == "A new customer costs SEK 12 through display"


# On every shop


KINDS = sorted(shops())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_undefined_is_ever_written(built, kind):
    for source in (built[kind].page, built[kind].mail, built[kind].chinese):
        text = visible(source)
        assert re.findall(r"\b(?:NaN|None|null|inf|Infinity|undefined|Decimal)\b", text) == []
        assert re.findall(r"[{}]", text.replace("{{", "")) == [] or "select" in text
        said = text.split("Queries of the headline")[0].split("标题与指标卡的查询")[0]
        assert re.findall(r"−[^\d€S]|\b0 others|\bof of\b|  |[。，；：]{2}|nan", said) == []
        assert re.findall(r"nan|None|inf", "".join(re.findall(r"<svg.*?</svg>", source, re.DOTALL))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_fetches_nothing(built, kind):
    for source in (built[kind].page, built[kind].mail):
        outside = re.sub(r"<script>.*?</script>", "", source, flags=re.DOTALL)
        # The other language lies beside it.
        allowed = r"#|data:,|report(?:-zh)?\.html[\"']"
        assert re.findall(rf"(?:src|href|action|srcset)\s*=\s*[\"'](?!{allowed})[^\"']*", outside) == []
        assert re.findall(r"@import|url\((?!#)", outside) == []
        addresses = set(re.findall(r"https?://[^\s\"'<>]+", outside))
        assert addresses <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }
        assert "default-src 'none'" in source
    assert "<script" not in built[kind].mail


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_stay_small(built, kind):
    assert len(built[kind].page.encode()) < 1_500_000
    assert len(built[kind].mail.encode()) < 400_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_has_words_and_a_table(built, kind):
    for source in (built[kind].page, built[kind].mail):
        charts = re.findall(r'<div class="chart" role="img" aria-label="([^"]*)"', source)
        assert len(charts) == source.count('<div class="chart"')
        assert all(len(words) > 20 for words in charts)
        for section in re.findall(r'<section class="card.*?</section>', source, re.DOTALL):
            if '<div class="chart"' in section:
                assert "<details>" in section and "<table>" in section
        levels = [int(level) for level in re.findall(r"<h([1-6])\b", source)]
        assert levels[0] == 1 and levels.count(1) == 1 and set(levels) <= {1, 2}


def test_the_same_marts_give_the_same_bytes(built, tmp_path):
    again = tmp_path / "again"
    build(built["normal"].marts, again)
    for name in ("report.html", "report-static.html", "report-zh.html", "report-static-zh.html"):
        assert (again / name).read_bytes() == (built["normal"].folder / name).read_bytes()


def test_the_order_of_rows_changes_nothing(built, tmp_path):
    shop = shops()["below_zero"]
    shop.entries.reverse()
    shop.fates.reverse()
    build(write_marts(shop, tmp_path / "customer_profitability.duckdb"), tmp_path)
    for name in ("report.html", "report-static.html"):
        assert (tmp_path / name).read_bytes() == (built["below_zero"].folder / name).read_bytes()


def test_text_of_the_data_cannot_become_markup(tmp_path):
    hostile = "</script><script>alert(1)</script>"
    shop = normal_shop(40)
    shop.name = hostile
    shop.channels = dict.fromkeys(shop.channels, hostile)
    shop.spend = [(month(2025, 6), hostile, "100.00")]
    build(write_marts(shop, tmp_path / "customer_profitability.duckdb"), tmp_path)
    for name in ("report.html", "report-static.html"):
        source = (tmp_path / name).read_text(encoding="utf-8")
        assert "<script>alert" not in source
        assert hostile in visible(source) or "alert(1)" in source


def test_only_marts_and_metadata_are_read():
    for name, query in QUERIES.items():
        tables = re.findall(r"\b(?:from|join|unpivot)\s+(?!\()([\w.]+)", query)
        own = set(re.findall(r"(\w+) as \(", query))
        assert tables, name
        assert all(table.split(".")[0] in {"marts", "metadata"} or table in own for table in tables), (name, tables)


def test_every_query_on_the_page_can_be_pasted_into_a_client(built):
    shown = [html.unescape(query) for query in re.findall(r"<code>(.*?)</code>", built["normal"].page, re.DOTALL)]
    assert len(shown) >= 12
    with duckdb.connect(str(built["normal"].marts), read_only=True) as connection:
        for query in shown:
            connection.execute(query)


# What goes wrong is said in one sentence


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ReportError, match=r"absent\.duckdb: no such file"):
        build(tmp_path / "absent.duckdb", tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "customer_profitability.duckdb").write_text("not a database, but long enough to be looked at" * 400)
    with pytest.raises(ReportError, match=r"customer_profitability\.duckdb: cannot be opened"):
        build(tmp_path / "customer_profitability.duckdb", tmp_path)


def test_a_missing_mart_is_named(tmp_path):
    marts = write_marts(Shop(), tmp_path / "customer_profitability.duckdb")
    with duckdb.connect(str(marts)) as connection:
        connection.execute("drop table marts.profit_curve")
    with pytest.raises(ReportError, match="profit_curve"):
        build(marts, tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_the_command_writes_both_editions_and_fails_in_one_line(built, tmp_path):
    command = [sys.executable, "-m", "orchestration.report"]
    marts = built["empty"].marts
    done = subprocess.run(
        [*command, str(marts), str(tmp_path)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").is_file() and (tmp_path / "report-static.html").is_file()
    failed = subprocess.run(
        [*command, str(tmp_path / "absent"), str(tmp_path)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1 and "no such file" in failed.stderr


# Numbers, colours, languages


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "€0"),
        ("-0.004", "€0.00"),
        ("12.3", "€12.30"),
        ("-12.34", "−€12.34"),
        ("12", "€12"),
        ("99.994", "€99.99"),
        ("99.996", "€100"),
        ("1234.56", "€1,235"),
        ("9999.4", "€9,999"),
        ("12345", "€12.3k"),
        ("99960", "€100k"),
        ("999499", "€999k"),
        ("999999", "€1.00M"),
        ("9400000", "€9.40M"),
        ("1234567890", "€1.23B"),
        ("999999999", "€1.00B"),
    ],
)
def test_money_is_short_and_never_shows_a_thousand_thousands(amount, expected):
    assert EURO.money(Decimal(amount)) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("0", "0%"), ("1", "100%"), ("0.5", "50%"), ("0.0004", "under 0.1%"), ("0.004", "0.4%"), ("0.9996", "99.9%"),
        ("0.994", "99.4%"), ("1.34", "134%"), ("-0.031", "−3%"), ("-0.0002", "above −0.1%"),
    ],
)  # fmt: skip
def test_a_share_never_reads_as_nothing_or_all_when_it_is_not(share, expected):
    assert EURO.share(Decimal(share)) == expected


def test_a_currency_without_a_sign_is_written_by_its_code():
    assert Formats(Texts(), "CHF").money(Decimal(-1500)) == "−CHF\u00a01,500"
    assert Formats(Texts(), "JPY").exact(Decimal("1500.00")) == "1,500"
    assert Formats(Texts(), "").money(Decimal(7)) == "7"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (None, ["€1,234.50", "−€12.3k", "12%"]),
        ("de_DE", ["1.234,50\u00a0€", "−12,3k\u00a0€", "12\u00a0%"]),
        ("de_CH", ["EUR\u00a01’234.50", "−EUR\u00a012.3k", "12%"]),
        ("en_IN", ["€1,234.50", "−€12.3k", "12%"]),
        ("fr_FR", ["1\u202f234,50\u00a0€", "−12,3k\u00a0€", "12\u00a0%"]),
    ],
)
def test_numbers_follow_the_locale(locale, expected):
    formats = Formats(Texts(), "EUR", locale)
    amount = Decimal("1234.50")
    cents = formats.money(Decimal("12.5")).replace(formats.number(Decimal("12.5"), 2), formats.number(amount, 2))
    assert [cents, formats.money(Decimal(-12345)), formats.share(Decimal("0.12"))] == expected
    if locale == "en_IN":
        assert formats.number(12345678) == "1,23,45,678"


def test_chinese_counts_in_ten_thousands():
    chinese = Formats(Texts("zh"), "CNY")
    said = [chinese.money(Decimal(amount)) for amount in ("9999", "12345", "-99999999", "123456789")]
    assert said == ["¥9,999", "¥1.23万", "−¥1.00亿", "¥1.23亿"]
    assert chinese.tick(150000.0) == "¥15万" and chinese.count_tick(-2000.0) == "−2,000"
    assert chinese.month(date(2025, 3, 1)) == "2025年3月" and chinese.day(date(2025, 3, 9)) == "2025年3月9日"


def test_axes_are_marked_by_round_numbers():
    assert ticks(0, 239_000) == [0, 50_000, 100_000, 150_000, 200_000]
    assert ticks(-7, 12) == [-5, 0, 5, 10]
    assert ticks(0, 1.04, is_whole=True) == [0, 1] and ticks(-1, 3, is_whole=True) == [-1, 0, 1, 2, 3]
    assert ticks(0, 0.9) == [0, 0.2, 0.4, 0.6, 0.8] and ticks(3, 3) == [3]
    assert [EURO.tick(mark) for mark in (0, 50_000.0, -2_500_000.0, 0.2)] == ["€0", "€50k", "−€2.5M", "€0.2"]


def test_names_at_the_ends_of_lines_keep_apart():
    placed = apart([50, 52, 51, 200, 202], 15, 0, 210)
    assert [placed[place] < placed[other] for place, other in ((0, 2), (2, 1), (1, 3), (3, 4))] == [True] * 4
    assert all(later - earlier >= 15 for earlier, later in itertools.pairwise(sorted(placed)))
    assert max(placed) <= 210
    assert apart([2, 3, 4], 15, 8, 210) == [8, 23, 38], "what is crowded at the edge goes inwards"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(scheme):
    found = palette.variables(scheme)
    for ink in ("ink", "muted", "gain", "loss"):
        for ground in ("card", "page"):
            assert palette.contrast(found[ink], found[ground]) >= 4.5, (ink, ground)
    for place in range(len(palette.LINES[scheme])):
        assert palette.contrast(found[f"line{place}"], found["card"]) >= 4.5, place
    for letter, levels in (("d", palette.DIVERGING_LEVELS), ("s", palette.SEQUENTIAL_LEVELS)):
        for level in range(levels):
            assert palette.contrast(found[f"{letter}{level}"], found[f"on-{letter}{level}"]) >= 4.5, (letter, level)


def test_the_middle_of_the_diverging_colours_is_zero_alone():
    largest = Decimal(100)
    assert [diverging_level(Decimal(value), largest) for value in ("-100", "0", "100")] == [0, 5, 10]
    assert diverging_level(Decimal("0.01"), largest) == 6
    assert diverging_level(Decimal("-0.01"), largest) == 4
    assert diverging_level(NOTHING, NOTHING) == 5


def test_all_languages_have_the_same_texts_with_the_same_places():
    def places(texts: object, path: str = "") -> dict[str, set[str]]:
        if isinstance(texts, dict):
            forms = {"one", "other"} & set(texts)
            if forms:
                return {path: {place for form in texts.values() for place in re.findall(r"{(\w+)}", str(form))}}
            return {key: value for name in texts for key, value in places(texts[name], f"{path}.{name}").items()}
        return {path: set(re.findall(r"{(\w+)}", str(texts)))}

    languages = sorted(file.stem for file in FOLDER.glob("*.yml"))
    assert languages == sorted(LANGUAGES)
    english = places(Texts("en")._texts)
    for language in languages:
        assert places(Texts(language)._texts) == english, language


def test_the_chinese_page_is_chinese(built):
    page = built["normal"]
    assert '<html lang="zh-Hans">' in page.chinese and '<a href="report.html" lang="en"' in page.chinese
    text = visible(page.chinese)
    assert "预计120位客户在未来365天带来" in text and "2025年12月有13位客户改变阶段" in text
    # What is left in Latin letters is names: of the shop, its channels, tables, products, models and columns.
    english = set(
        re.findall(
            r"[A-Z][a-z]+ [a-z]+ [a-z]+", re.sub(r"<(details|style|script)>.*?</\1>", "", page.chinese, flags=re.DOTALL)
        )
    )
    assert english == set()
    assert "C00000 流失 37天未下单，预期每13天一单 写信并附上优惠券 76%" in text
    assert set(re.findall(r'<section class="card (\w+)', page.chinese)) == set(
        re.findall(r'<section class="card (\w+)', page.page)
    )


OTHER_COSTS = {
    "carriers", "payments", "marketplaces", "unpaid orders", "rewards", "acquisition marketing", "retention marketing",
}  # fmt: skip
"""Where costs of customers come from beside pools and goods: the cost_source of facts with a cost_basis."""


@pytest.mark.parametrize(
    ("setting", "column", "key", "more"),
    [
        ("statement_lines", "statement_line", "lines", set()),
        ("lifecycle_rules", "lifecycle_stage", "lifecycle.tier", set()),
        ("abc_cutoffs", "abc_tier", "abc.tier", {"zero", "loss"}),
        ("pyramid_cutoffs", "pyramid_tier", "pyramid.tier", {"lead"}),
        ("pyramid_cutoffs", "pyramid_tier", "customer.pyramid", {"lead"}),
        ("rfm_segments", "rfm_segment", "customer.rfm", {"prospect"}),
        ("retention_actions", "reason", "keep.reasons", set()),
        ("retention_actions", "action", "keep.actions", set()),
        ("pool_rules", "pool", "customer.drivers", OTHER_COSTS),
    ],
)
def test_what_settings_say_by_default_is_said_in_every_language(setting, column, key, more):
    """`more` is what models say themselves, where no row of the settings applies."""
    with (PROJECT / "seeds" / "settings" / f"{setting}.csv").open(encoding="utf-8") as file:
        defaults = {row[column] for row in csv.DictReader(file)}
    assert len(defaults) > 2
    for language in LANGUAGES:
        assert Texts(language).raw(key).keys() == defaults | more, language
    for default, words in Texts("zh").raw(key).items():
        assert re.search("[\u4e00-\u9fff]", words), default
    if key in ("customer.rfm", "keep.actions"):
        assert all(default == words for default, words in Texts("en").raw(key).items())


def test_what_a_shop_has_set_itself_is_said_as_it_is():
    chinese = Formats(Texts("zh"), "CNY")
    assert chinese.called("keep.actions", "Send a voucher") == "发送优惠券"
    assert chinese.called("keep.actions", "Ring twice. Then wait") == "Ring twice. Then wait"
    assert chinese.called("lifecycle.tier", "on_holiday") == "on holiday"
    assert chinese.called("customer.rfm", None) == "–"


def test_every_text_is_used():
    code = "".join(file.read_text(encoding="utf-8") for file in (PROJECT / "orchestration" / "report").glob("*.*"))
    sections = Texts("en")._texts
    for section, texts in sections.items():
        for key in texts:
            dynamic = section in {"lines"} or re.search(rf"{section}\.\w*{{", code)
            # A table with bars is handed the name of its texts.
            of_bars = key in {"tier", "badge", "columns", "caption"} and f'"{section}", texts, formats)' in code
            is_said = f"{section}.{key}" in code or of_bars or (dynamic and section in code)
            assert is_said, f"{section}.{key} is never said"


# In a real browser, with the network off


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Headless Chromium; skipped by name where there is none, unless REQUIRE_CHROMIUM=1 asks for it."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    missing = ""
    if not executable:
        missing = "no Chromium: set CHROMIUM to its path to see the report page in a browser"
    elif not importlib.util.find_spec("playwright"):
        missing = "no playwright: install the test requirements to see the report page in a browser"
    if missing and os.environ.get("REQUIRE_CHROMIUM") == "1":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    playwright = importlib.import_module("playwright.sync_api")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=executable, args=arguments)
        yield chromium
        chromium.close()


@pytest.mark.parametrize(
    ("kind", "width", "scheme", "edition"),
    [
        ("normal", 1280, "light", "report.html"),
        ("normal", 390, "dark", "report.html"),
        ("normal", 390, "light", "report-static.html"),
        ("normal", 390, "light", "report-zh.html"),
        ("normal", 760, "dark", "report.html"),
        ("normal", 760, "light", "report-zh.html"),
        ("below_zero", 390, "dark", "report.html"),
        ("one_customer", 1280, "dark", "report-static-zh.html"),
        ("empty", 390, "light", "report.html"),
    ],
)
def test_in_a_browser_without_network(built, browser, kind, width, scheme, edition):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((built[kind].folder / edition).as_uri())
    assert complaints == []
    assert [address for address in requests if not address.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    boxes = page.eval_on_selector_all(
        ".chart svg", "found => found.map(svg => svg.getBoundingClientRect().width).filter(width => width > 0)"
    )
    assert len(boxes) == page.locator(".chart").count(), "one of the two pictures of a chart is shown"
    assert all(200 < box <= width for box in boxes)
    small = page.eval_on_selector_all(
        ".chart svg",
        """found => found.filter(svg => svg.getBoundingClientRect().width > 0
            && svg.getBoundingClientRect().width / svg.viewBox.baseVal.width * 11 < 8.5).length""",
    )
    assert small == 0, "words in a chart are too small to read"
    if width == 760:
        assert cut_tables(page, "table:not(.cohorts)") == [], "a table has to be scrolled sideways"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(14, 19, 24)" if scheme == "dark" else "rgb(245, 246, 248)")
    context.close()


def cut_tables(page: object, kind: str = "table") -> list[str]:
    """Captions of the tables that are shown and wider than their place."""
    return page.eval_on_selector_all(
        f".scroll > {kind}",
        """found => found.filter(table => table.checkVisibility()
            && table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right + 1)
            .map(table => table.caption.textContent)""",
    )


A4 = (688, 1016)
"""What the margins leave of a sheet, in CSS pixels."""


@pytest.mark.parametrize("edition", ["report.html", "report-zh.html", "report-static.html"])
def test_on_paper_nothing_is_cut_and_nothing_waits_for_a_click(built, browser, edition):
    width, height = A4
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark", offline=True)
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto((built["normal"].folder / edition).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    useless = "found => found.filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 80))"
    assert page.eval_on_selector_all("a, nav, summary, button, input, select, pre, .tip", useless) == []
    queries = Texts("zh" if "-zh" in edition else "en").raw("page.queries")
    assert queries not in page.inner_text("footer"), "the queries are not printed"
    assert cut_tables(page) == []
    charts = page.eval_on_selector_all(
        "figure",
        """found => found.map(figure => {
            const svg = [...figure.querySelectorAll("svg")].find(svg => svg.getBoundingClientRect().width > 0);
            const [drawn, card] = [svg, figure.closest(".card")].map(one => one.getBoundingClientRect());
            const row = figure.getBoundingClientRect();
            return {name: figure.querySelector(".chart").id, height: row.height, whole: drawn.left >= card.left
                && drawn.right <= card.right && drawn.width > 200, stays: getComputedStyle(figure).breakInside};
        })""",
    )
    assert len(charts) == page.locator("figure").count() > 10
    for chart in charts:
        assert chart["whole"] and chart["stays"] == "avoid" and chart["height"] < height, chart
    printed = page.pdf(prefer_css_page_size=True)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 3 < pages <= page.locator(".card").count(), "sections share pages"
    context.close()


def test_in_a_browser_the_page_is_there_within_a_second(built, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    took = []
    # The best of three: the machine may be busy with something else.
    for _ in range(3):
        page.goto((built["normal"].folder / "report.html").as_uri())
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
    assert 0 < min(took) < 1000
    context.close()


def test_in_a_browser_the_pointer_reads_the_curve(built, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.goto((built["normal"].folder / "report.html").as_uri())
    page.locator("#whale-curve").scroll_into_view_if_needed()
    box = page.locator("#whale-curve .wide svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".tip.visible")
    assert "Cumulative net profit" in page.inner_text(".tip")
    page.mouse.move(2, 2)
    page.wait_for_selector(".tip.visible", state="detached")
    context.close()


@pytest.mark.parametrize(
    ("kind", "scheme", "edition"),
    [("normal", "light", "report.html"), ("normal", "dark", "report-zh.html"), ("empty", "light", "report.html")],
)
def test_in_a_browser_axe_finds_nothing_serious(built, browser, kind, scheme, edition):
    """axe-core, by its own rules of WCAG and good practice."""
    if not importlib.util.find_spec("axe_playwright_python"):
        missing = "no axe-playwright-python: install the test requirements to check whether everybody can use the page"
        if os.environ.get("REQUIRE_CHROMIUM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    axe = importlib.import_module("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    page.goto((built[kind].folder / edition).as_uri())
    page.eval_on_selector_all("details", "found => found.forEach(one => { one.open = true; })")
    found = axe.run(page).response
    assert len(found["passes"]) > 10, "axe has looked at something"
    serious = [
        (rule["id"], [node["target"] for node in rule["nodes"]][:3])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []
    context.close()


def picture_of(page: Built, name: str) -> ElementTree.Element:
    """The wide picture of a chart on the page."""
    found = re.search(rf'id="{name}"><div class="wide">(<svg.*?</svg>)', page.page, re.DOTALL)
    assert found, f"the page has no chart '{name}'"
    # An XML parser would read a line break inside an attribute as a blank.
    return ElementTree.fromstring(re.sub(r"\n(?=[^<>]*>)", "&#10;", found.group(1)))


def boxes_of(page: Built, name: str) -> list[dict[str, str]]:
    """The boxes of a chart with what a pointer reads on them, in the order in which they were drawn."""
    return [box.attrib for box in picture_of(page, name).iter(f"{SVG}rect") if "data-tip" in box.attrib]
