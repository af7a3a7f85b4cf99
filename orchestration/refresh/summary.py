"""What a person reads when a refresh has ended: what came in, what passed, what it says, where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.paths import Home
from orchestration.publish import MARTS_FILE
from orchestration.sql_text import literal

FATES = ("accepted", "quarantined", "duplicate", "superseded", "erased")
"""What can become of a row, in the order in which it is told."""


@dataclass(frozen=True)
class Fate:
    """How many rows of a table met a fate, and the money on them where the table has money."""

    table: str
    fate: str
    row_count: int
    money: Decimal | None


@dataclass(frozen=True)
class Summary:
    """The figures of a publication.

    `inputs` are rows of the contract's tables, `sources` lines of a connector's files; both by table and fate.
    """

    shop: str
    as_of_date: date
    currency: str
    inputs: Sequence[Fate]
    sources: Sequence[Fate]
    checks_passed: int
    checks: int
    warnings: Sequence[str]
    customers: int
    customers_at_a_loss: int
    net_sales: Decimal
    net_profit: Decimal


def read(home: Home) -> Summary:
    """The figures of the publication in force."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(home.current / MARTS_FILE)} as published (read_only)")
        connection.execute("use published")
        shop, as_of_date, currency = connection.execute(
            "select shop, as_of_date, reporting_currency from metadata.as_of"
        ).fetchone()
        inputs = connection.execute(
            "select table_name, fate, sum(row_count)::bigint, sum(money) from metadata.input_fates "
            "group by all order by table_name, fate"
        ).fetchall()
        passed, checks = connection.execute(
            "select count(*) filter (where passed), count(*) from metadata.check_results"
        ).fetchone()
        warnings = connection.execute(
            "select suite || ': ' || expectation from metadata.check_results where not passed order by all"
        ).fetchall()
        customers, at_a_loss = connection.execute(
            "select count(*), count(*) filter (where net_profit < 0) from marts.customer_profit"
        ).fetchone()
        net_sales, net_profit = connection.execute(
            "select coalesce(sum(net_sales), 0), coalesce(sum(net_profit), 0) from marts.company_profit_monthly"
        ).fetchone()
        sources = _sources(connection, home.landed / "source_rows")
    fates = [Fate(*row) for row in inputs]
    return Summary(
        shop=shop,
        as_of_date=as_of_date,
        currency=currency,
        inputs=fates,
        sources=settled(sources, fates),
        checks_passed=passed,
        checks=checks,
        warnings=[sentence for (sentence,) in warnings],
        customers=customers,
        customers_at_a_loss=at_a_loss,
        net_sales=net_sales,
        net_profit=net_profit,
    )


def _sources(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Fate]:
    if not any(folder.glob("*.parquet")):
        return []
    rows = connection.execute(
        f"select fate, sum(row_count)::bigint, sum(money) from read_parquet({literal(folder / '*.parquet')}, "
        "union_by_name = true) group by fate order by fate"
    ).fetchall()
    return [Fate("source", *row) for row in rows]


def settled(sources: Sequence[Fate], inputs: Sequence[Fate]) -> list[Fate]:
    """What became of each line of a connector's files in the end.

    A connector says to which table it handed a line on; whether the line was accepted there, the table says. The two
    are put together where each line became one row: then rows and money agree. A table that counts as money given back
    what the files count as negative has the sign of the files. Where they do not agree, the line is told by its table.
    """
    found: list[Fate] = []
    for source in sources:
        rows = [one for one in inputs if one.table == source.fate and one.fate != "superseded"]
        money = sum((one.money or Decimal(0) for one in rows), Decimal(0))
        if _rows(rows) == source.row_count and abs(money) == abs(source.money or Decimal(0)):
            sign = 1 if money == (source.money or Decimal(0)) else -1
            found += [replace(one, money=None if one.money is None else sign * one.money) for one in rows]
        else:
            found.append(source)
    return found


def lines(summary: Summary, home: Home, seconds: float) -> list[str]:
    """The summary as it is printed, line by line."""
    told = [f"{summary.shop}, as of {summary.as_of_date}", ""]
    if summary.sources:
        told += _addition("Lines of the shop's files", summary.sources)
    told += [_entry("Rows in", _number(_rows(summary.inputs)))]
    told += [_fate_entry(fate, summary.inputs) for fate in FATES if fate != "erased" or _rows(summary.inputs, fate)]
    told += [
        _entry("Checks passed", f"{_number(summary.checks_passed)} of {_number(summary.checks)}"),
        *(f"    did not pass: {warning}" for warning in summary.warnings),
        "",
        _entry("Customers", f"{_number(summary.customers)}, {_number(summary.customers_at_a_loss)} of them at a loss"),
        _entry("Net sales", f"{summary.net_sales:,.2f} {summary.currency}"),
        _entry("Net profit", f"{summary.net_profit:,.2f} {summary.currency}"),
        "",
        _entry("Published", str(home.current / MARTS_FILE)),
        _entry("Report page", str(home.current / "report.html")),
        _entry("Took", f"{seconds:.0f} seconds"),
    ]
    return told


def _fate_entry(fate: str, fates: Sequence[Fate]) -> str:
    by_table = "" if fate == "accepted" else _by_table(fate, fates)
    return _entry(f"  {fate}", f"{_number(_rows(fates, fate))}{by_table}")


def _by_table(fate: str, fates: Sequence[Fate]) -> str:
    tables = [f"{one.table} {_number(one.row_count)}" for one in fates if one.fate == fate and one.row_count]
    return f"  ({', '.join(tables)})" if tables else ""


def _addition(what: str, fates: Sequence[Fate]) -> list[str]:
    """Rows and money as the additions they must be: the total, and what it is made of."""
    named = sorted({one.fate for one in fates}, key=lambda fate: (FATES.index(fate) if fate in FATES else -1, fate))
    rows = " + ".join(f"{_number(_rows(fates, fate))} {fate}" for fate in named)
    told = [_entry(what, f"{_number(_rows(fates))} = {rows}")]
    if any(one.money is not None for one in fates):
        money = " + ".join(f"{_money(fates, fate):,f} {fate}" for fate in named)
        told.append(_entry("  and their money", f"{_money(fates):,f} = {money}".replace("+ -", "- ")))
    return told


def _money(fates: Sequence[Fate], fate: str | None = None) -> Decimal:
    total = sum((one.money or Decimal(0) for one in fates if fate is None or one.fate == fate), Decimal(0))
    # As many places as there are cents and parts of cents, and at least the cents.
    shortest = total.normalize()
    return shortest.quantize(Decimal("0.01")) if shortest.as_tuple().exponent > -2 else shortest


def _rows(fates: Sequence[Fate], fate: str | None = None) -> int:
    return sum(one.row_count for one in fates if fate is None or one.fate == fate)


def _entry(name: str, value: str) -> str:
    return f"{name:<26}{value}"


def _number(count: int) -> str:
    return f"{count:,}"
