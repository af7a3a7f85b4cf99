"""What the nights kept is what a build from scratch makes: `python -m orchestration.refresh.proof`, `make prove-kept`.

Builds a refreshed shop once more from what it has landed, in a folder of its own that knows nothing of earlier nights,
and compares every table with the private warehouse, by content. Nothing published is touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import duckdb

from orchestration import parsed
from orchestration.landing import connectors
from orchestration.refresh import lock, made_of, models
from orchestration.refresh.settings import Settings, SettingsError, resolve
from orchestration.sql_text import literal

ALL_BUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

NO_MORE: Mapping[str, object] = MappingProxyType({})
"""No vars besides those of the shop."""

IN_PARTS = ("--select", "+config.materialized:kept", "+config.meta.made_by:customer_id")
"""The tables that are kept from night to night or made by ranges, and what they are made from, as dbt selects them."""


class ProofError(Exception):
    """The shop cannot be compared; the message says why."""


@dataclass(frozen=True)
class Comparison:
    """How many tables and rows were compared, how many tables the nights keep by part, and which tables differ."""

    tables: int
    rows: int
    kept: int
    differing: tuple[str, ...]


def prove(settings: Settings, selected: Sequence[str] = (), variables: Mapping[str, object] = NO_MORE) -> Comparison:
    """Build from scratch what was built by nights, and compare. The caller holds the lock of the home.

    `selected` are arguments of dbt that select what is built and compared; none: everything. `variables` are vars for
    the build from scratch besides those of the shop.

    Raises ProofError where nothing is built yet, or dbt cannot build from scratch.
    """
    home = settings.home
    if not home.warehouse.exists():
        raise ProofError(f"{home.warehouse} is not there: run the shop first.")
    scratch = home.private / "from_scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        build(settings, scratch, selected, variables)
        return compare(home.warehouse, scratch / home.warehouse.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def build(
    settings: Settings, private: Path, selected: Sequence[str] = (), variables: Mapping[str, object] = NO_MORE
) -> None:
    """All seeds and models, without tests, into the warehouse of this folder, as a night builds them.

    Raises ProofError with dbt's last words where it fails.
    """
    environment = prepared(settings, private)
    words = parsed.run(*_arguments(settings, selected, variables), environment=environment)
    if words is not None:
        raise ProofError(f"dbt could not build: {words}")


def command(settings: Settings, selected: Sequence[str] = (), variables: Mapping[str, object] = NO_MORE) -> list[str]:
    """dbt, told to build all seeds and models, or those selected, without tests."""
    return parsed.dbt(*_arguments(settings, selected, variables))


def _arguments(settings: Settings, selected: Sequence[str], variables: Mapping[str, object]) -> list[str]:
    return ["--quiet", "build", *ALL_BUT_TESTS, *selected, *models.arguments(settings, variables)]


def prepared(settings: Settings, private: Path) -> dict[str, str]:
    """Has the parsed project in this folder. Returns the environment in which dbt builds into the warehouse there."""
    environment = {
        **models.environment(settings),
        "WAREHOUSE_PRIVATE": str(private),
        "DBT_TARGET_PATH": str(private / "target"),
        "DBT_LOG_PATH": str(private / "logs"),
    }
    parsed.prepare(private / "target", environment, models.TARGET)
    return environment


def compare(by_nights: Path, from_scratch: Path) -> Comparison:
    """Both warehouses, table by table, as bags of rows."""
    with duckdb.connect() as connection:
        for name, file in (("by_nights", by_nights), ("from_scratch", from_scratch)):
            connection.execute(f"attach {literal(file)} as {name} (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'from_scratch' and schema_name <> 'kept' order by all"
        ).fetchall()
        (kept,) = connection.execute(
            "select count(*) from duckdb_tables() where database_name = 'by_nights' and schema_name = 'kept'"
        ).fetchone()
        differing, rows = [], 0
        for schema, table in tables:
            ours, theirs = (content(connection, database, schema, table) for database in ("by_nights", "from_scratch"))
            rows += theirs[1]
            if ours != theirs:
                differing.append(f"{schema}.{table}")
    return Comparison(len(tables), rows, kept, tuple(differing))


def content(connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str) -> tuple[str, int, int]:
    """The columns of a table with their types, how many rows it has, and all of them in one number."""
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? order by column_name",
        [database, schema, table],
    ).fetchall()
    if not columns:
        return "not there", 0, 0
    names = ", ".join(f'"{name}"' for name, _ in columns)
    rows, number = connection.execute(
        f'select count(*), coalesce(sum(hash({names})), 0) from {database}."{schema}"."{table}"'
    ).fetchone()
    return str(columns), rows, number


def main(arguments: Sequence[str] | None = None, tell: Callable[[str], None] = print) -> int:
    """Compare a refreshed shop with a build from scratch. Returns the exit code: 1 where a table differs."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.refresh.proof", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", help="the shop, which has been refreshed before (default: the demo shop)")
    parser.add_argument("--input", help="not read; the same arguments as a refresh")
    parser.add_argument("--as-of", help="what was built for this day")
    asked = parser.parse_args(arguments)
    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        os.environ.update(settings.environment())
        with lock.hold(settings.home):
            # Compared with other rows than it was made of, every table would differ.
            if settings.home.warehouse.exists() and (other := made_of.why_not_of_tonight(settings.home)):
                raise ProofError(other)
            tell("building from scratch, beside what the nights built: as long as a first night")
            found = prove(settings)
    except (SettingsError, ProofError, lock.LockHeld) as error:
        print(error, file=sys.stderr)
        return 1
    for table in found.differing:
        tell(f"{table} is not what a build from scratch makes")
    tell(
        f"{found.tables} tables with {found.rows:,} rows compared, {found.kept} of them kept by part from night to "
        f"night; {len(found.differing)} differ"
    )
    return 1 if found.differing else 0


if __name__ == "__main__":
    sys.exit(main())
