"""The warehouse's own answer about a shop: the models' compiled SQL, run in memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
from conftest import ONE_THREAD

from oracle.shops import Row, Shop
from orchestration import compiled

MARTS = (
    "customer_profit_monthly",
    "company_profit_monthly",
    "profit_reconciliation",
    "customer_profit",
    "cost_pool_usage",
    "order_profit",
    "product_profit",
)
"""What is compared, and all that it is built from."""

WON_AND_KEPT = (
    "customer_acquisition",
    "acquisition_payback",
    "second_orders",
    "repeat_windows",
    "retention_monthly",
    "customer_retention",
    "fct_acquisition_months",
)
"""Those on acquisition and retention."""

Ask = Callable[[str], list[tuple]]
"""Rows of a query on the built shop."""


def build(
    shop: Shop,
    project: compiled.Project,
    folder: Path,
    names: Sequence[str] = MARTS,
    rows_at_once: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection to the shop's warehouse with these tables, built in memory; the caller closes it.

    `folder` takes settings files; `rows_at_once` is that of `compiled.build`.
    """
    connection = duckdb.connect(config=ONE_THREAD)
    compiled.open_warehouse(connection, project)
    compiled.create_landed(connection, shop.rows, shop.loaded_at.isoformat(" "))
    files = {name: written(project, name, rows, folder) for name, rows in shop.settings.items()}
    compiled.build(connection, project, project.upstream_of(*names), files, rows_at_once=rows_at_once)
    return connection


def build_again(
    connection: duckdb.DuckDBPyConnection, project: compiled.Project, names: Sequence[str], changed: str
) -> None:
    """These tables once more, in a warehouse that has them, where the text of one model is another than it was.

    What is not built from that model stays as it is.
    """
    again = set(project.downstream_of(changed))
    compiled.build(connection, project, [name for name in project.upstream_of(*names) if name in again])


def written(project: compiled.Project, name: str, rows: list[Row], folder: Path) -> Path:
    """A settings file of these rows, with the columns of the settings table."""
    with project.nodes[name].file.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    written = folder / f"{name}.csv"
    with written.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return written


def asked(connection: duckdb.DuckDBPyConnection) -> Ask:
    """How to ask it."""
    return lambda query: connection.execute(query).fetchall()
