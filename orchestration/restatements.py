"""What a publication changes in months that were published before, and why: `metadata.restatements`.

Compared with the publication in force are the company's statement, month by month and line by line, and the customers'
statements, added up by month, over the months that were over by then; and what it called complete of cohorts and of
months, by cohort. Each publication carries the rows of those before it, so that the table is the whole history; a
second run on the same input adds nothing to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration import contract
from orchestration.sql_text import literal

STATEMENT = "marts.company_profit_monthly"
COUNTS = ("order_count", "customer_count")

STATEMENTS = "marts.customer_profit_monthly"
MEASURES = ("net_sales", "net_profit")
"""Of the customers' statements: one that only what they bought changes, and one that what is shared changes, too."""

TABLE = "metadata.restatements"

COLUMNS = (
    ("number", "integer"),
    ("found_on", "date"),
    ("last_load_id", "bigint"),
    ("mart", "varchar"),
    ("measure", "varchar"),
    ("month", "date"),
    ("cohort_month", "date"),
    ("channel", "varchar"),
    ("published", "decimal(18, 2)"),
    ("restated", "decimal(18, 2)"),
    ("change", "decimal(18, 2)"),
    ("cells", "bigint"),
    ("moved", "decimal(18, 2)"),
    ("is_locked", "boolean"),
    ("reasons", "varchar"),
)

OF_OLDER_PUBLICATIONS = {
    "mart": "'company_profit_monthly'",
    "measure": "statement_line",
    "cells": "1",
    "is_locked": "false",
}
"""What stands for a column that publications from before it was there do not have; null for others."""

COMMENTS = {
    "": "One row per publication and what it changed of months that were published before as over or complete: "
    "month and line of the company's statement; month and measure of the customers' statements, or of "
    "retention_monthly; cohort and measure of customer_retention or acquisition_payback. The first publication "
    "has none.",
    "number": "Number of the publication among those that changed something, from 1.",
    "found_on": "As-of day of the publication that changed it.",
    "last_load_id": "Last load that it knew.",
    "mart": "The table that says it.",
    "measure": "Line of the statement, or column of the mart. Of customer_retention, repeat_customers is repeat_share "
    "times cohort_customers.",
    "month": "First day of the month that changed; of a cohort, of the cell that changed most, the earliest of them.",
    "cohort_month": "Month of the first order of the cohort that changed; null where the mart has no cohorts.",
    "channel": "Channel of the cell that changed most, in acquisition_payback; null elsewhere.",
    "published": "What the publication before said: of a cohort, in the cell that changed most; of customers, of those "
    "who changed, added up. 0 where it said nothing.",
    "restated": "What this one says of the same. 0 where it says nothing.",
    "change": "restated less published.",
    "cells": "How many cells of the mart changed so: 1 of a month; of a cohort, months and channels; of the "
    "customers' statements, customers and other owners.",
    "moved": "What went from some owners to others in the customers' statements: the smaller of what those lost who "
    "lost and those gained who gained. Null for other marts.",
    "is_locked": "Whether a locked month changed (settings: closed_periods). The company's statement does not change "
    "in one; whose a sale is may.",
    "reasons": "What has come since for the months that changed, joined by commas: late_rows (dated on a day that was "
    "published), settling (dated later, and of this month by rule, as the parcel of an order), correction, "
    "refund, merge, rate, cost, settings, models; beside the company's statement also touch and channel (what "
    "says who won a customer); erasure, and then no row is asked; follows_another where nothing has.",
}


@dataclass(frozen=True)
class Cells:
    """A mart whose cells are complete from some day on: what tells cells of a month apart, and what they say."""

    mart: str
    cohort_month: str
    channel: str
    measures: Mapping[str, tuple[str, str]]
    """By name: what it is in SQL, and the column that says that it is complete."""


def _complete(*names: str) -> dict[str, tuple[str, str]]:
    return {name: (name, "is_complete") for name in names}


CELLS = (
    Cells(
        "marts.retention_monthly",
        "null::date",
        "null::varchar",
        # active_before is active_customers of the month before
        _complete(
            "active_customers",
            "kept_active_customers",
            "lapsed_customers",
            "new_customers",
            "order_count",
            "repeat_customers",
            "repeat_orders",
            "retained_customers",
            "returned_customers",
        ),
    ),
    Cells(
        "marts.customer_retention",
        "cohort_month",
        "null::varchar",
        {
            **_complete(
                "active_customers",
                "cohort_customers",
                "cumulative_net_sales_per_customer",
                "cumulative_sales_per_customer",
                "kept_active_customers",
                "retained_customers",
            ),
            "repeat_customers": ("round(repeat_share * cohort_customers)", "is_complete"),
            "cumulative_profit_per_customer": ("cumulative_profit_per_customer", "is_profit_complete"),
        },
    ),
    Cells(
        "marts.acquisition_payback",
        "cohort_month",
        "channel",
        _complete("acquisition_cost", "cohort_customers", "cumulative_contribution", "paid_back_customers"),
    ),
)
"""Shares and amounts a head that follow from these are left out."""

ORDERS = "inner join staging.judged_orders as orders on judged.order_id = orders.order_id and orders.fate = 'accepted'"


def _day_of(utc_timestamp: str) -> str:
    """The shop's day of a timestamp, in SQL that reads metadata.as_of as `zone`."""
    return f"timezone(zone.reporting_time_zone, timezone('UTC', {utc_timestamp}))::date"


DAYS_CARRIED = 7
"""How long a rate holds where no other follows it (staging.stg_daily_rates)."""

SENT_AT_THE_RATE = f"""
    left join (
        select orders.ordered_at, shipments.shipped_at, coalesce(shipments.currency, orders.currency) as currency
        from staging.judged_shipments as shipments
        inner join staging.judged_orders as orders on shipments.order_id = orders.order_id
        where shipments.fate = 'accepted' and orders.fate = 'accepted'
    ) as sent
        on judged.currency = sent.currency
        and {_day_of("sent.shipped_at")} between judged.rate_date and judged.rate_date + {DAYS_CARRIED}
"""
"""What a rate converts besides what is dated in its days: parcels, which an order of an earlier month bears."""

ORDERED, REFUNDED, OPENED, OCCURRED = (
    _day_of(moment) for moment in ("orders.ordered_at", "judged.refunded_at", "judged.opened_at", "judged.occurred_at")
)

SOURCES = {
    # table: (the day on which it came, those whose months it belongs to, what it hangs on, the reason where it is no
    # row like others)
    "orders": (_day_of("judged.ordered_at"), [_day_of("judged.ordered_at")], "", None),
    "order_lines": (ORDERED, [ORDERED], ORDERS, None),
    "refunds": (REFUNDED, [REFUNDED], "", "refund"),
    "payments": (_day_of("coalesce(judged.paid_at, orders.ordered_at)"), [ORDERED], ORDERS, None),
    "shipments": (_day_of("judged.shipped_at"), [ORDERED], ORDERS, None),
    "service_contacts": (OPENED, [OPENED], "", None),
    "loyalty_events": (OCCURRED, [OCCURRED], "", None),
    "marketing_spend": ("judged.spend_date", ["judged.spend_date"], "", None),
    "cost_pools": ("judged.month", ["judged.month"], "", "cost"),
    "fx_rates": (
        "judged.rate_date",
        ["judged.rate_date", f"judged.rate_date + {DAYS_CARRIED}", _day_of("sent.ordered_at")],
        SENT_AT_THE_RATE,
        "rate",
    ),
}
"""The inputs that put money on a line of a month."""

CHANGES_EVERYTHING = {"settings": "settings", "models": "models", "erasures": "erasure"}
"""The versions of a publication that may change any month, and the reason that another one is."""

READ_OF_THE_LAST = ("metadata.as_of", "metadata.input_fates", "metadata.run")
"""What is read of the last publication, besides what is compared and what it has restated."""


@dataclass(frozen=True)
class Change:
    """What a row of the table says of what changed; `months` are all that changed so."""

    mart: str
    measure: str
    month: date
    cohort_month: date | None
    channel: str | None
    published: Decimal
    restated: Decimal
    cells: int
    moved: Decimal | None
    months: Sequence[date]


CUSTOMERS_SINCE = """
    select now, older
    from (
        select
            customer_id,
            case when fate = 'accepted' then merged_into_customer_id end as merged_into_customer_id,
            acquisition_channel,
            acquisition_campaign
        from staging.judged_customers
        where load_id > $load and (fate = 'accepted' or coalesce(is_deleted, false))
    ) as now
    left join (
        select
            customer_id,
            case when not coalesce(is_deleted, false) then merged_into_customer_id end as merged_into_customer_id,
            acquisition_channel,
            acquisition_campaign
        from staging.judged_customers
        where load_id <= $load and fate in ('accepted', 'superseded')
        qualify row_number() over (partition by customer_id order by updated_at desc nulls last, load_id desc) = 1
    ) as older using (customer_id)
"""
"""Customers that came since, each with the row that counted until then: a shop may send all of them each night."""


COSTS_SINCE = """
    select product_id
    from staging.judged_product_costs
    where load_id > $load and (fate = 'accepted' or coalesce(is_deleted, false))
"""
"""Dated costs of products that came, or were withdrawn, since."""

UNIT_COSTS_SINCE = """
    select now.product_id
    from (
        select product_id, case when fate = 'accepted' then (unit_cost, currency) end as cost
        from staging.judged_products
        where load_id > $load and (fate = 'accepted' or coalesce(is_deleted, false))
    ) as now
    left join (
        select product_id, case when not coalesce(is_deleted, false) then (unit_cost, currency) end as cost
        from staging.judged_products
        where load_id <= $load and fate in ('accepted', 'superseded')
        qualify row_number() over (partition by product_id order by updated_at desc nulls last, load_id desc) = 1
    ) as older using (product_id)
    where
        now.cost is distinct from older.cost
        and exists (
            select 1 from staging.judged_order_lines as lines
            where lines.product_id = now.product_id and lines.load_id <= $load
        )
"""
"""Products sold before whose list says another cost since: it holds from the first day until a dated one."""


class LockedMonth(Exception):
    """A month that settings have locked would change; the message says which, by how much, and what to do."""


class UnreadablePublication(Exception):
    """What was published last cannot be read, so nobody can say what changes; the message says what to do."""


@dataclass(frozen=True)
class Last:
    """The publication in force: the day it was built for, the last load that it knew, and what it was built with."""

    as_of_date: date
    last_load_id: int
    versions: dict[str, str]


def find(
    connection: duckdb.DuckDBPyConnection, published: Path | None, versions: Mapping[str, str]
) -> list[tuple[object, ...]]:
    """The rows that tonight's warehouse adds to the table: what it changes of the publication in force.

    `connection` uses the private warehouse; `published` is the file in force, None before the first. `versions` are
    what tonight's is built with, of which those in CHANGES_EVERYTHING are reasons. Raises LockedMonth, and
    UnreadablePublication.
    """
    if published is None or not _has(connection, STATEMENT, COUNTS[-1]):
        return []
    _attach(connection, published)
    try:
        if not _has(connection, STATEMENT, COUNTS[-1], "published_before"):
            return []
        last = _last(connection)
        changed = [*_changed(connection, last), *_changed_of_customers(connection, last), *_changed_cells(connection)]
        if not changed:
            return []
        locked_through = _locked_through(connection)
        _refuse_locked(changed, locked_through)
        (found_on,) = connection.execute("select as_of_date from metadata.as_of").fetchone()
        reasons = _reasons(connection, last, versions)
        number = _last_number(connection) + 1
        loads = _last_load(connection)
        return [
            (
                number,
                found_on,
                loads,
                change.mart,
                change.measure,
                change.month,
                change.cohort_month,
                change.channel,
                change.published,
                change.restated,
                change.restated - change.published,
                change.cells,
                change.moved,
                _is_locked(change, locked_through),
                ", ".join(reasons(change)),
            )
            for change in changed
        ]
    finally:
        connection.execute("detach published_before")


def carry_over(connection: duckdb.DuckDBPyConnection, published: Path | None, into: str) -> None:
    """Copies the rows that the publication in force has into the table `into`, which has COLUMNS."""
    if published is None:
        return
    connection.execute(f"attach {literal(published)} as published_before (read_only)")
    # All at once: a look at DuckDB's catalogue takes as long as a table of a small shop takes to copy.
    there = _columns(connection, TABLE, "published_before")
    if "month" in there:
        columns = ", ".join(
            name if name in there else f"{OF_OLDER_PUBLICATIONS.get(name, 'null')} as {name}" for name, _ in COLUMNS
        )
        connection.execute(f"insert into {into} select {columns} from published_before.{TABLE}")
    connection.execute("detach published_before")


def _last_number(connection: duckdb.DuckDBPyConnection) -> int:
    if not _has(connection, TABLE, "number", "published_before"):
        return 0
    return connection.execute(f"select coalesce(max(number), 0) from published_before.{TABLE}").fetchone()[0]


def _attach(connection: duckdb.DuckDBPyConnection, published: Path) -> None:
    """What is read of the last publication is read once by itself: an error then is the file's, and no other's."""
    try:
        connection.execute(f"attach {literal(published)} as published_before (read_only)")
        for table in (STATEMENT, TABLE, *READ_OF_THE_LAST, STATEMENTS, *(cells.mart for cells in CELLS)):
            if _has(connection, table, "%", "published_before"):
                # no row of it leaves the engine
                connection.execute(f"select bit_xor(hash(rows)) from published_before.{table} as rows").fetchall()
    except duckdb.Error as error:
        raise UnreadablePublication(
            f"The publication in force cannot be read ({published}: {str(error).splitlines()[0]}), so what changes in "
            "months that were published is not known. `make rollback` puts the publication before it in force; where "
            f"there is none, remove the link {published.parent}: restated months are then counted anew."
        ) from error


def _last(connection: duckdb.DuckDBPyConnection) -> Last:
    (as_of_date,) = connection.execute("select as_of_date from published_before.metadata.as_of").fetchone()
    load_id = _last_load(connection, "published_before")
    cursor = connection.execute("select * from published_before.metadata.run")
    run = dict(zip([name for name, *_ in cursor.description], cursor.fetchone(), strict=True))
    return Last(as_of_date, load_id, {name: run.get(f"{name}_version") for name in CHANGES_EVERYTHING})


def _last_load(connection: duckdb.DuckDBPyConnection, catalog: str | None = None) -> int:
    """The last load that a publication, or the private warehouse, knows; 0 where it keeps no account of loads."""
    if not _has(connection, "metadata.input_fates", "load_id", catalog):
        return 0
    prefix = f"{catalog}." if catalog else ""
    return connection.execute(f"select coalesce(max(load_id), 0) from {prefix}metadata.input_fates").fetchone()[0]


def _changed(connection: duckdb.DuckDBPyConnection, last: Last) -> list[Change]:
    """Lines of months that were over and differ. A month gone counts as 0."""
    excluded = ", ".join(("month", *COUNTS))
    amounts = f"""
        select month, measure, amount::decimal(18, 2) as amount
        from (unpivot {{catalog}}{STATEMENT} on columns(* exclude ({excluded})) into name measure value amount)
    """
    rows = connection.execute(
        f"""
        with
        before as ({amounts.format(catalog="published_before.")}),
        now as ({amounts.format(catalog="")}),
        lines as (select measure from before intersect select measure from now)
        select month, measure, coalesce(before.amount, 0) as published, coalesce(now.amount, 0) as restated
        from before full outer join now using (month, measure) semi join lines using (measure)
        where last_day(month) <= ? and coalesce(before.amount, 0) <> coalesce(now.amount, 0)
        order by all
        """,
        [last.as_of_date],
    ).fetchall()
    mart = STATEMENT.split(".")[1]
    return [Change(mart, line, month, None, None, was, now, 1, None, [month]) for month, line, was, now in rows]


def _changed_of_customers(connection: duckdb.DuckDBPyConnection, last: Last) -> list[Change]:
    """Months that were over in which the statement of some owner differs, all that differ added up.

    Only months whose rows differ at all are put side by side, owner by owner.
    """
    if not all(_has(connection, STATEMENTS, MEASURES[-1], catalog) for catalog in (None, "published_before")):
        return []
    amounts = ", ".join(MEASURES)
    # Added up, and not by bits: of the last column those are the same where two owners change places.
    of_months = f"""
        select month, sum(hash(profit_owner, customer_id, {amounts})) as fingerprint, count(*) as owners
        from {{catalog}}{STATEMENTS} where last_day(month) <= $day group by month
    """
    owners = f"""
        select month, profit_owner, coalesce(customer_id, '') as customer_id, {amounts}
        from {{catalog}}{STATEMENTS} semi join months using (month)
    """
    of_measures = " union all ".join(
        f"select '{name}' as measure, month, coalesce(before.{name}, 0) as was, coalesce(now.{name}, 0) as is_now "
        "from before full outer join now using (month, profit_owner, customer_id)"
        for name in MEASURES
    )
    rows = connection.execute(
        f"""
        with
        months as (
            select month
            from ({of_months.format(catalog="published_before.")}) as before
            full outer join ({of_months.format(catalog="")}) as now using (month)
            where (before.fingerprint, before.owners) is distinct from (now.fingerprint, now.owners)
        ),
        before as ({owners.format(catalog="published_before.")}),
        now as ({owners.format(catalog="")}),
        changes as (select * from ({of_measures}) where was <> is_now)
        select
            measure,
            month,
            sum(was)::decimal(18, 2),
            sum(is_now)::decimal(18, 2),
            count(*),
            least(sum(greatest(is_now - was, 0)), sum(greatest(was - is_now, 0)))::decimal(18, 2)
        from changes
        group by measure, month
        order by month, measure
        """,
        {"day": last.as_of_date},
    ).fetchall()
    mart = STATEMENTS.split(".")[1]
    return [
        Change(mart, measure, month, None, None, was, now, owners, moved, [month])
        for measure, month, was, now, owners, moved in rows
    ]


def _changed_cells(connection: duckdb.DuckDBPyConnection) -> list[Change]:
    """Cells that were published as complete and differ, by cohort, or by month where there is none.

    A cell that is gone counts as 0, and so does one that was not there, of a month whose others were complete.
    """
    changes = []
    for cells in CELLS:
        measures = {
            name: said
            for name, said in cells.measures.items()
            if all(_says(connection, cells.mart, said, prefix) for prefix in ("", "published_before."))
        }
        if not measures:
            continue
        said = " union all ".join(
            f"select '{name}' as measure, month, {cells.cohort_month} as cohort_month, {cells.channel} as channel, "
            f"({amount})::decimal(18, 2) as amount from {{catalog}}{cells.mart} "
            f"where month <= (select max(month) from published_before.{cells.mart} where {is_complete})"
            for name, (amount, is_complete) in measures.items()
        )
        rows = connection.execute(
            f"""
            with
            before as ({said.format(catalog="published_before.")}),
            now as ({said.format(catalog="")}),
            changed as (
                select
                    coalesce(before.measure, now.measure) as measure,
                    coalesce(before.month, now.month) as month,
                    coalesce(before.cohort_month, now.cohort_month) as cohort_month,
                    coalesce(before.channel, now.channel) as channel,
                    coalesce(before.amount, 0) as published,
                    coalesce(now.amount, 0) as restated
                from before full outer join now
                    on before.measure = now.measure and before.month = now.month
                    and before.cohort_month is not distinct from now.cohort_month
                    and before.channel is not distinct from now.channel
                where coalesce(before.amount, 0) <> coalesce(now.amount, 0)
            ),
            ranked as (
                select
                    *,
                    count(*) over of_cohort as cells,
                    list(month) over of_cohort as months,
                    row_number() over (
                        partition by measure, coalesce(cohort_month, month)
                        order by abs(restated - published) desc, month, channel
                    ) as place
                from changed
                window of_cohort as (partition by measure, coalesce(cohort_month, month))
            )
            select measure, month, cohort_month, channel, published, restated, cells, list_sort(list_distinct(months))
            from ranked
            where place = 1
            order by coalesce(cohort_month, month), measure
            """
        ).fetchall()
        mart = cells.mart.split(".")[1]
        changes += [
            Change(mart, measure, month, cohort, channel, was, now, count, None, months)
            for measure, month, cohort, channel, was, now, count, months in rows
        ]
    return changes


def _says(connection: duckdb.DuckDBPyConnection, mart: str, said: Sequence[str], prefix: str) -> bool:
    """Whether the mart is there and has what this takes: a publication of other models may not."""
    try:
        connection.execute(f"select {', '.join(said)} from {prefix}{mart} limit 0")
    except (duckdb.BinderException, duckdb.CatalogException):
        return False
    return True


def _locked_through(connection: duckdb.DuckDBPyConnection) -> date | None:
    if not _has(connection, "settings.closed_periods", "locked_through"):
        return None
    (locked_through,) = connection.execute(
        "select max(locked_through) from settings.closed_periods, metadata.as_of "
        "where closed_periods.shop in (as_of.shop, '*')"
    ).fetchone()
    return locked_through


def _is_locked(change: Change, locked_through: date | None) -> bool:
    return locked_through is not None and min(change.months) <= locked_through


def _refuse_locked(changed: Sequence[Change], locked_through: date | None) -> None:
    """Only money is refused, the company's statement: whose it is, and who won them, changes as accounts are merged."""
    locked = [
        change for change in changed if change.mart == STATEMENT.split(".")[1] and _is_locked(change, locked_through)
    ]
    if locked:
        first = locked[0]
        raise LockedMonth(
            f"Months up to {locked_through:%Y-%m} are locked (settings: closed_periods), and {len(locked)} of their "
            f"lines would change, the first {first.measure} of {first.month:%Y-%m} from {first.published:,.2f} to "
            f"{first.restated:,.2f}. Take back what came late, or unlock the months."
        )


def _reasons(
    connection: duckdb.DuckDBPyConnection, last: Last, versions: Mapping[str, str]
) -> Callable[[Change], list[str]]:
    """A function of the change: what has come for its months since the last publication, sorted."""
    always = {
        reason for name, reason in CHANGES_EVERYTHING.items() if last.versions[name] not in (None, versions.get(name))
    }
    of_company, of_customers = [], []
    # What is left of a connector's shop after an erasure is handed on anew: all of it would seem to have come.
    if "erasure" not in always:
        judged = [name for name in SOURCES if _has(connection, f"staging.judged_{name}", "fate")]
        of_company = [_rows_since(connection, name, last) for name in judged]
        of_customers = [*of_company, *_won_otherwise(connection, last)]
        always |= _of_any_month(connection, last)

    def of_change(change: Change) -> list[str]:
        tables = of_company if change.mart == STATEMENT.split(".")[1] else of_customers
        came = {reason for rows in tables for month in change.months for reason in rows.get(month, ())}
        return sorted(always | came) or ["follows_another"]

    return of_change


def _of_any_month(connection: duckdb.DuckDBPyConnection, last: Last) -> set[str]:
    """What changes months without belonging to one: costs of products, and accounts that have become one or two."""
    found = set()
    for table, came in (("product_costs", COSTS_SINCE), ("products", UNIT_COSTS_SINCE)):
        if _has(connection, f"staging.judged_{table}", "fate") and connection.execute(
            f"select count(*) from ({came})", {"load": last.last_load_id}
        ).fetchone() != (0,):
            found.add("cost")
    if _has(connection, "staging.judged_customers", "fate") and connection.execute(
        f"select count(*) from ({CUSTOMERS_SINCE}) "
        "where now.merged_into_customer_id is distinct from older.merged_into_customer_id",
        {"load": last.last_load_id},
    ).fetchone() != (0,):
        found.add("merge")
    return found


def _won_otherwise(connection: duckdb.DuckDBPyConnection, last: Last) -> list[dict[date, set[str]]]:
    """By month, why it tells otherwise who won a customer: of the touch, and of the customer's first order."""
    found = []
    if not _has(connection, "core.dim_customers", "acquired_on"):
        return found
    owner = "coalesce(aliases.customer_id, {}) = customers.customer_id and customers.acquired_on <= $day"
    if _has(connection, "staging.judged_marketing_touches", "fate"):
        touched_on = _day_of("touches.touched_at")
        months = connection.execute(
            f"""
            select distinct unnest([date_trunc('month', touched_on)::date, acquired_month]) as month
            from (
                select {touched_on} as touched_on, customers.acquired_month
                from staging.judged_marketing_touches as touches
                cross join metadata.as_of as zone
                left join staging.stg_customer_aliases as aliases on touches.customer_id = aliases.account_id
                left join core.dim_customers as customers
                    on {owner.format("touches.customer_id")} and {touched_on} <= customers.acquired_on
                where touches.load_id > $load and (touches.fate = 'accepted' or coalesce(touches.is_deleted, false))
            )
            where touched_on <= $day
            """,
            {"load": last.last_load_id, "day": last.as_of_date},
        ).fetchall()
        found.append({month: {"touch"} for (month,) in months})
    if _has(connection, "staging.judged_customers", "fate"):
        months = connection.execute(
            f"""
            select distinct customers.acquired_month
            from ({CUSTOMERS_SINCE}) as said
            left join staging.stg_customer_aliases as aliases on said.now.customer_id = aliases.account_id
            inner join core.dim_customers as customers on {owner.format("said.now.customer_id")}
            where
                (said.now.acquisition_channel, said.now.acquisition_campaign)
                is distinct from (said.older.acquisition_channel, said.older.acquisition_campaign)
            """,
            {"load": last.last_load_id, "day": last.as_of_date},
        ).fetchall()
        found.append({month: {"channel"} for (month,) in months})
    return found


def _rows_since(connection: duckdb.DuckDBPyConnection, name: str, last: Last) -> dict[date, set[str]]:
    """By month, why rows of an input that came since then change it."""
    came, belongs, hangs_on, own = SOURCES[name]
    key = contract.tables()[name].key
    same = " and ".join(f"older.{column} is not distinct from judged.{column}" for column in key)
    rows = connection.execute(
        f"""
        select distinct date_trunc('month', belongs_on)::date as month, is_correction, is_late
        from (
            select
                unnest([{", ".join(belongs)}]) as belongs_on,
                exists (select 1 from staging.judged_{name} as older where {same} and older.load_id <= $load)
                    as is_correction,
                {came} <= $day as is_late
            from staging.judged_{name} as judged
            cross join metadata.as_of as zone
            {hangs_on}
            where judged.load_id > $load and (judged.fate = 'accepted' or coalesce(judged.is_deleted, false))
        )
        where belongs_on is not null
        """,
        {"load": last.last_load_id, "day": last.as_of_date},
    ).fetchall()
    found: dict[date, set[str]] = {}
    for month, is_correction, is_late in rows:
        reason = own or ("correction" if is_correction else "late_rows" if is_late else "settling")
        found.setdefault(month, set()).update({reason, "correction"} if is_correction else {reason})
    return found


def _columns(connection: duckdb.DuckDBPyConnection, table: str, catalog: str) -> set[str]:
    """The names of the columns of a table; none where it is not there."""
    schema, name = table.split(".", 1)
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ?",
        [catalog, schema, name],
    ).fetchall()
    return {column for (column,) in rows}


def _has(connection: duckdb.DuckDBPyConnection, table: str, column: str, catalog: str | None = None) -> bool:
    """Whether the table is there and has a column of that name; % is any."""
    schema, name = table.split(".", 1)
    return connection.execute(
        "select count(*) from duckdb_columns() where database_name = coalesce(?, current_database()) "
        "and schema_name = ? and table_name = ? and column_name like ?",
        [catalog, schema, name, column],
    ).fetchone() != (0,)
