"""The second engine: `make run ENGINE=spark`.

Builds staging, core and the marts on profit, acquisition, retention and segments from the landed data by Apache Spark,
and compares every table, row by row, with what DuckDB built for the same shop. Nothing is published: this is what keeps
the models such that either engine gives the same answers. Needs Java 17 and the packages of requirements/spark.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

from orchestration.paths import PROJECT, Home, home_of
from orchestration.refresh import lock

BUILT = (
    "staging",
    "core",
    *(f"+path:models/marts/{question}" for question in ("profit", "acquisition", "retention")),
    *(f"+customer_{idea}" for idea in ("rfm", "abc", "pyramid", "habits")),
)
"""What both engines can build, as dbt selects it: all but lifetime value, which is fitted in Python, and the segments
that hang on it or on running medians (lifecycle, value score, the retention list)."""

COMPARED = ("staging", "core", "marts")

NOT_COMPARED = {("quarantine", "payload")}
"""The text of a refused row, for people to look at: Spark writes a decimal of zero as 0E-8."""


class EngineError(Exception):
    """Spark cannot be used or could not build; the message says what to do."""


@dataclass(frozen=True)
class Comparison:
    """How many tables and rows were compared, and a sentence for each table that differs."""

    tables: int
    rows: int
    differences: tuple[str, ...]


WALL = ("staging", "core", "+customer_profit", "+customer_profit_monthly", "+profit_reconciliation")
"""Of these what `make test` compares: on Spark each model takes seconds. `make test-long` compares all."""


def build(home: Home, target: str, built: Sequence[str] = BUILT) -> None:
    """Builds the models named, as dbt selects them, with dbt's target `target`, from what is landed in the home.

    The shop's settings come from `landed/shop.json`. Raises EngineError with dbt's last words where it fails.
    """
    private = spark_folder(home) if target == "spark" else home.private
    if target == "spark":
        for what, is_there in (("Java 17", shutil.which("java")), ("requirements/spark.txt", find_spec("pyspark"))):
            if not is_there:
                raise EngineError(f"Spark needs {what}, which is not on this machine.")
        # A build that was killed leaves folders behind, and Spark refuses to make a table where one lies.
        shutil.rmtree(private, ignore_errors=True)
    shop = json.loads((home.landed / "shop.json").read_text(encoding="utf-8"))
    variables = {name: value for name, value in shop.items() if name != "connector"}
    private.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--target", target),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--vars", json.dumps(variables)),
            *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test", "--select", *built),
        ],
        # Spark's metastore writes a log where it is started.
        cwd=private,
        env={
            **os.environ,
            **home.environment(),
            "WAREHOUSE_PRIVATE": str(private),
            "DBT_TARGET_PATH": str(private / "target"),
            "DBT_LOG_PATH": str(private / "logs"),
            "SPARK_LOCAL_IP": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EngineError(f"dbt could not build on {target}: {done.stdout[-3000:]}{done.stderr[-1000:]}")


def spark_folder(home: Home) -> Path:
    """What Spark builds for a home, with its metastore and logs: private, safe to delete."""
    return home.private / "spark"


def compare(home: Home) -> Comparison:
    """Compares what DuckDB built with what Spark built, as bags of rows, every column but NOT_COMPARED.

    Views are not compared: on both engines they are read from tables that are.
    """
    differences: list[str] = []
    compared = rows = 0
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for schema, table, count in connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() where schema_name in "
            "(select unnest(?)) order by all",
            [list(COMPARED)],
        ).fetchall():
            folder = spark_folder(home) / "warehouse" / f"{schema}.db" / table
            if not folder.is_dir():
                continue
            # Spark writes timestamps with their zone, UTC, and counts as bigint.
            columns = ", ".join(
                f'cast("{name}" as {kind}) as "{name}"'
                for name, kind in connection.execute(
                    "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?",
                    [schema, table],
                ).fetchall()
                if (table, name) not in NOT_COMPARED
            )
            ours = f"select {columns} from {schema}.{table}"
            theirs = f"select {columns} from read_parquet('{folder}/*.parquet')"
            only_ours, only_theirs = connection.execute(
                f"select (select count(*) from ({ours} except all {theirs})), "
                f"(select count(*) from ({theirs} except all {ours}))"
            ).fetchone()
            if only_ours or only_theirs:
                differences.append(
                    f"{schema}.{table}: {only_ours} rows only on DuckDB, {only_theirs} rows only on Spark"
                )
            compared += 1
            rows += count
    return Comparison(compared, rows, tuple(differences))


def main(arguments: Sequence[str] | None = None, tell: Callable[[str], None] = print) -> int:
    """Builds the shop on Spark and compares. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.second_engine", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", default="demo", help="the shop, which has been refreshed before")
    home = home_of(parser.parse_args(arguments).shop or "demo")
    if not home.warehouse.exists():
        tell(f"{home.warehouse} is not there: run the shop on DuckDB first, then compare.")
        return 1
    try:
        with lock.hold(home, tell=tell):
            tell("building all but lifetime value on Spark: some minutes")
            build(home, "spark")
            found = compare(home)
    except (EngineError, lock.LockHeld) as error:
        print(error, file=sys.stderr)
        return 1
    for difference in found.differences:
        tell(difference)
    tell(f"{found.tables} tables with {found.rows:,} rows compared, {len(found.differences)} of them differ")
    return 1 if found.differences else 0


if __name__ == "__main__":
    sys.exit(main())
