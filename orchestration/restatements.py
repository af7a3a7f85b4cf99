"""What a publication changes in months that were published before, and why: `metadata.restatements`.

Compared is the company's statement, month by month and line by line, with that of the publication in force, over the
months that were over by then. Each publication carries the rows of those before it, so that the table is the whole
history; a second run on the same input adds nothing to it.
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

TABLE = "metadata.restatements"

COLUMNS = (
    ("number", "integer"),
    ("found_on", "date"),
    ("last_load_id", "bigint"),
    ("month", "date"),
    ("statement_line", "varchar"),
    ("published", "decimal(18, 2)"),
    ("restated", "decimal(18, 2)"),
    ("change", "decimal(18, 2)"),
    ("reasons", "varchar"),
)

COMMENTS = {
    "": "One row per publication, month and line of the statement that it changed in a month that was over when it was "
    "published before. The first publication has none.",
    "number": "Number of the publication among those that changed something, from 1.",
    "found_on": "As-of day of the publication that changed it.",
    "last_load_id": "Last load that it knew.",
    "month": "First day of the month that changed.",
    "statement_line": "Line of the company's statement.",
    "published": "What the publication before said.",
    "restated": "What this one says.",
    "change": "restated less published.",
    "reasons": "What has come for this month since, joined by commas: late_rows (dated on a day that was published), "
    "settling (dated later, and of this month by rule, as the parcel of an order), correction, refund, merge, rate, "
    "cost, settings, models; follows_another where nothing has.",
}

ORDERS = "inner join staging.judged_orders as orders on judged.order_id = orders.order_id and orders.fate = 'accepted'"

SOURCES = {
    # table: (when it came, which month it belongs to, what it hangs on, the reason where it is no row like others)
    "orders": ("judged.ordered_at", "judged.ordered_at", "", None),
    "order_lines": ("orders.ordered_at", "orders.ordered_at", ORDERS, None),
    "refunds": ("judged.refunded_at", "judged.refunded_at", "", "refund"),
    "payments": ("coalesce(judged.paid_at, orders.ordered_at)", "orders.ordered_at", ORDERS, None),
    "shipments": ("judged.shipped_at", "orders.ordered_at", ORDERS, None),
    "service_contacts": ("judged.opened_at", "judged.opened_at", "", None),
    "loyalty_events": ("judged.occurred_at", "judged.occurred_at", "", None),
    "marketing_spend": ("judged.spend_date::timestamp", "judged.spend_date::timestamp", "", None),
    "cost_pools": ("judged.month::timestamp", "judged.month::timestamp", "", "cost"),
    "fx_rates": ("judged.rate_date::timestamp", "judged.rate_date::timestamp", "", "rate"),
}
"""The inputs that put money on a line of a month."""

OF_ANY_MONTH = {
    "merge": "customers as judged where merged_into_customer_id is not null and",
    "cost": "product_costs as judged where",
}
"""What changes months without belonging to one."""


READ_OF_THE_LAST = ("metadata.as_of", "metadata.input_fates", "metadata.run")
"""What is read of the last publication, besides its statement and what it has restated."""

Change = tuple[date, str, Decimal, Decimal]
"""Month, line, what was published, what it is now."""


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
) -> list[tuple[int, date, int, date, str, Decimal, Decimal, Decimal, str]]:
    """All rows of the table: those that the publication in force has, then what tonight's warehouse changes.

    `connection` uses the private warehouse; `published` is the file in force, None before the first. `versions` are
    what tonight's is built with, of which `settings` and `models` are reasons. Raises LockedMonth, and
    UnreadablePublication.
    """
    if published is None or not _has(connection, STATEMENT, COUNTS[-1]):
        return []
    _attach(connection, published)
    try:
        if not _has(connection, STATEMENT, COUNTS[-1], "published_before"):
            return []
        before = connection.execute(f"select * from published_before.{TABLE}").fetchall() if _has(
            connection, TABLE, "month", "published_before"
        ) else []  # fmt: skip
        last = _last(connection)
        changed = _changed(connection, last)
        if not changed:
            return before
        _refuse_locked(connection, changed)
        (found_on,) = connection.execute("select as_of_date from metadata.as_of").fetchone()
        reasons = _reasons(connection, last, versions)
        number = max((row[0] for row in before), default=0) + 1
        loads = _last_load(connection)
        return before + [
            (number, found_on, loads, month, line, was, now, now - was, ", ".join(reasons(month)))
            for month, line, was, now in changed
        ]
    finally:
        connection.execute("detach published_before")


def _attach(connection: duckdb.DuckDBPyConnection, published: Path) -> None:
    """What is read of the last publication is read once by itself: an error then is the file's, and no other's."""
    try:
        connection.execute(f"attach {literal(published)} as published_before (read_only)")
        for table in (STATEMENT, TABLE, *READ_OF_THE_LAST):
            if _has(connection, table, "%", "published_before"):
                connection.execute(f"select * from published_before.{table}").fetchall()
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
    return Last(as_of_date, load_id, {name: run.get(f"{name}_version") for name in ("settings", "models")})


def _last_load(connection: duckdb.DuckDBPyConnection, catalog: str | None = None) -> int:
    """The last load that a publication, or the private warehouse, knows; 0 where it keeps no account of loads."""
    if not _has(connection, "metadata.input_fates", "load_id", catalog):
        return 0
    prefix = f"{catalog}." if catalog else ""
    return connection.execute(f"select coalesce(max(load_id), 0) from {prefix}metadata.input_fates").fetchone()[0]


def _changed(connection: duckdb.DuckDBPyConnection, last: Last) -> list[Change]:
    """Month, line, amount before and now, where they differ, of months that were over. A month gone counts as 0."""
    excluded = ", ".join(("month", *COUNTS))
    amounts = f"""
        select month, statement_line, amount::decimal(18, 2) as amount
        from (unpivot {{catalog}}{STATEMENT} on columns(* exclude ({excluded})) into name statement_line value amount)
    """
    return connection.execute(
        f"""
        with
        before as ({amounts.format(catalog="published_before.")}),
        now as ({amounts.format(catalog="")}),
        lines as (select statement_line from before intersect select statement_line from now)
        select month, statement_line, coalesce(before.amount, 0) as published, coalesce(now.amount, 0) as restated
        from before full outer join now using (month, statement_line) semi join lines using (statement_line)
        where last_day(month) <= ? and coalesce(before.amount, 0) <> coalesce(now.amount, 0)
        order by all
        """,
        [last.as_of_date],
    ).fetchall()


def _refuse_locked(connection: duckdb.DuckDBPyConnection, changed: Sequence[Change]) -> None:
    if not _has(connection, "settings.closed_periods", "locked_through"):
        return
    (locked_through,) = connection.execute(
        "select max(locked_through) from settings.closed_periods, metadata.as_of "
        "where closed_periods.shop in (as_of.shop, '*')"
    ).fetchone()
    locked = [row for row in changed if locked_through is not None and row[0] <= locked_through]
    if locked:
        month, line, was, now = locked[0]
        raise LockedMonth(
            f"Months up to {locked_through:%Y-%m} are locked (settings: closed_periods), and {len(locked)} of their "
            f"lines would change, the first {line} of {month:%Y-%m} from {was:,.2f} to {now:,.2f}. Take back what came "
            "late, or unlock the months."
        )


def _reasons(
    connection: duckdb.DuckDBPyConnection, last: Last, versions: Mapping[str, str]
) -> Callable[[date], list[str]]:
    """A function of the month: what has come for it since the last publication, sorted."""
    judged = [name for name in SOURCES if _has(connection, f"staging.judged_{name}", "fate")]
    tables = {name: _rows_since(connection, name, last) for name in judged}
    always = [name for name in ("settings", "models") if last.versions[name] not in (None, versions.get(name))]
    for reason, query in OF_ANY_MONTH.items():
        name = query.split(" ", 1)[0]
        if _has(connection, f"staging.judged_{name}", "fate") and connection.execute(
            f"select count(*) from staging.judged_{query} fate = 'accepted' and load_id > ?", [last.last_load_id]
        ).fetchone() != (0,):
            always.append(reason)

    def of_month(month: date) -> list[str]:
        return sorted({*always, *(reason for rows in tables.values() for reason in rows.get(month, ()))}) or [
            "follows_another"
        ]

    return of_month


def _rows_since(connection: duckdb.DuckDBPyConnection, name: str, last: Last) -> dict[date, set[str]]:
    """By month, why rows of an input that came since then change it."""
    came, belongs, hangs_on, own = SOURCES[name]
    key = contract.tables()[name].key
    same = " and ".join(f"older.{column} is not distinct from judged.{column}" for column in key)
    local = "timezone(zone.reporting_time_zone, timezone('UTC', {}))::date"
    rows = connection.execute(
        f"""
        select distinct
            date_trunc('month', {local.format(belongs)})::date as month,
            exists (select 1 from staging.judged_{name} as older where {same} and older.load_id <= $load)
                as is_correction,
            {local.format(came)} <= $day as is_late
        from staging.judged_{name} as judged {hangs_on} cross join metadata.as_of as zone
        where judged.load_id > $load and (judged.fate = 'accepted' or coalesce(judged.is_deleted, false))
        """,
        {"load": last.last_load_id, "day": last.as_of_date},
    ).fetchall()
    found: dict[date, set[str]] = {}
    for month, is_correction, is_late in rows:
        reason = own or ("correction" if is_correction else "late_rows" if is_late else "settling")
        found.setdefault(month, set()).update({reason, "correction"} if is_correction else {reason})
    return found


def _has(connection: duckdb.DuckDBPyConnection, table: str, column: str, catalog: str | None = None) -> bool:
    """Whether the table is there and has a column of that name; % is any."""
    schema, name = table.split(".", 1)
    return connection.execute(
        "select count(*) from duckdb_columns() where database_name = coalesce(?, current_database()) "
        "and schema_name = ? and table_name = ? and column_name like ?",
        [catalog, schema, name, column],
    ).fetchone() != (0,)
