"""The second engine: `make run ENGINE=spark`.

Builds staging, core and the marts on profit, acquisition, retention, segments and lifetime value from the landed data
by Apache Spark, and compares every table, row by row, with what DuckDB built for the same shop. Nothing is published:
this is what keeps the models such that either engine gives the same answers. Needs Java 17 and the packages of
requirements/spark.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb
from numpy.typing import NDArray
from pyarrow import parquet

from orchestration import landing, parsed
from orchestration.lifetime_value.tables import fit_tables
from orchestration.paths import PROJECT, Home
from orchestration.refresh import lock, made_of
from orchestration.refresh.settings import SettingsError, named_home
from orchestration.sql_text import literal

BUILT = (
    "+staging",
    "+core",
    *(f"+path:models/marts/{question}" for question in ("profit", "retention")),
    *(f"+{mart}" for mart in ("customer_acquisition", "acquisition_payback", "channel_efficiency")),
    *(f"+customer_{idea}" for idea in ("rfm", "abc", "pyramid", "habits")),
)
"""What both engines build by dbt alone, as it selects it; lifetime value, fitted in Python, comes after it."""

READ_LIFETIME_VALUE = ("acquisition_costs", "next_spend")
"""Marts on acquisition that set lifetime value against cost: built last."""

STAYS = ("departure_fits+", "past_lists+")
"""What stays on DuckDB, as dbt selects it: who has gone, the retention list that hangs on it, and past lists. The
segments that need running medians (lifecycle, value score) are not selected either, nor what hangs on clusters and
premium customers (segment_profit)."""

FITTED = ("past_fits", "tonights_fits")
"""What is fitted by orchestration where Spark builds."""

_LAYER, _MARTS = "path:models/predictions", "path:models/marts/lifetime_value"

LIFETIME_VALUE = (
    ("--select", f"+past_fits,{_LAYER}", "value_candidates", "lifetime_value_rules", "--exclude", "past_fits", *STAYS),
    ("--select", f"+tonights_fits,{_LAYER}", f"+tonights_fits,{_MARTS}", "--exclude", "+past_fits", *FITTED, *STAYS),
    ("--select", _LAYER, _MARTS, *READ_LIFETIME_VALUE, "--exclude", "+tonights_fits", *FITTED, *STAYS),
)
"""Lifetime value as dbt selects it: until the first fits, from there until the second, and what is left."""

COMPARED = ("staging", "core", "marts")

ASKED = "asked.json"
"""In Spark's folder: the models that it was asked for, each as schema.name."""

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


WALL = ("+staging", "+profit_reconciliation")
"""Of these what `make test` compares: all that is judged, and what the statement is made of until it adds up to the
company. On Spark each model takes seconds; `make test-long` compares all."""

OF_ONE_MACHINE = "-XX:+UseSerialGC -XX:CompileThresholdScaling=4"
"""How Java runs where there is no cluster: most of a small shop's time goes into compiling what runs once.

For 80 tables the collector took 332 CPU-seconds to 307, and compiling later, asked with one partition, 285 to 252.
"""


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
    private.mkdir(parents=True, exist_ok=True)
    _dbt(home, target, "build", *WITHOUT_TESTS, *selected(target, built))


def selected(target: str, built: Sequence[str] = BUILT) -> list[str]:
    """How dbt is told what to build: on Spark without what is made in Python, and what is built on that."""
    in_python = sorted(file.stem for file in (PROJECT / "models").rglob("*.py"))
    return ["--select", *built, *(["--exclude", *(f"{name}+" for name in in_python)] if target == "spark" else [])]


def build_lifetime_value(home: Home) -> None:
    """Builds lifetime value on Spark, where no Python model runs, after all that it reads: SQL, fit, SQL, fit, SQL.

    The fits are those of the Python models: the same function, on the same grouped histories, read here from what
    Spark wrote. They are kept in a folder beside its tables.
    """
    to_past_fits, to_tonights_fits, to_the_end = LIFETIME_VALUE
    _dbt(home, "spark", "build", *WITHOUT_TESTS, *to_past_fits)
    _fit(home, "past_fits", "past_history_groups", "past_spending_groups", "settings.value_candidates")
    _dbt(home, "spark", "build", *WITHOUT_TESTS, *to_tonights_fits)
    _fit(home, "tonights_fits", "history_groups", "spending_groups", "predictions.winning_candidate")
    _dbt(home, "spark", "build", *WITHOUT_TESTS, *to_the_end)


def _fit(home: Home, name: str, histories: str, spending: str, candidates: str) -> None:
    """Makes a table of fits from grouped tables that Spark wrote, and tells Spark of it."""
    warehouse = spark_folder(home) / "warehouse"

    def columns(schema: str, table: str) -> dict[str, NDArray]:
        files = literal(warehouse / f"{schema}.db" / table / "*.parquet")
        with duckdb.connect() as connection:
            return connection.execute(f"select * from read_parquet({files})").fetchnumpy()

    chosen = columns(*candidates.split("."))
    found = fit_tables(
        columns("predictions", histories),
        columns("predictions", spending),
        buying_models=set(chosen["buying_model"]),
        value_bases=set(chosen["value_basis"]),
        cache=None,
    )
    folder = spark_folder(home) / "fits" / name
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(found, folder / "fits.parquet")
    _dbt(home, "spark", "run-operation", "register_fits", "--args", json.dumps({"name": name, "folder": str(folder)}))


WITHOUT_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


def _dbt(home: Home, target: str, *arguments: str) -> None:
    """Runs dbt on a home, with the settings of its shop. Raises EngineError with dbt's last words where it fails."""
    private = spark_folder(home) if target == "spark" else home.private
    shop = json.loads((home.landed / "shop.json").read_text(encoding="utf-8"))
    variables = {name: value for name, value in shop.items() if name != "connector"}
    environment = {
        **os.environ,
        **home.environment(),
        "WAREHOUSE_PRIVATE": str(private),
        "DBT_TARGET_PATH": str(private / "target"),
        "DBT_LOG_PATH": str(private / "logs"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_SUBMIT_OPTS": os.environ.get(
            "SPARK_SUBMIT_OPTS", "" if os.environ.get("SPARK_MASTER") else OF_ONE_MACHINE
        ),
        "PYTHONPATH": str(PROJECT),
    }
    try:
        parsed.prepare(private / "target", environment, target)
    except parsed.ParseError as error:
        raise EngineError(str(error)) from None
    command, *rest = arguments
    # Spark's metastore writes a log where it is started.
    words = parsed.run(command, *parsed.about(variables, target), *rest, environment=environment, folder=private)
    if words is not None:
        raise EngineError(f"dbt could not build on {target}: {words}")
    if (target, command) == ("spark", "build"):
        _note_asked(private)


def _note_asked(private: Path) -> None:
    """Adds what dbt has just built, by its own word, to what Spark was asked for."""
    results = json.loads((private / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    built = {result["relation_name"].replace("`", "") for result in results if result["unique_id"].startswith("model.")}
    file = private / ASKED
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    file.write_text(json.dumps(sorted({*before, *built})), encoding="utf-8")


def spark_folder(home: Home) -> Path:
    """What Spark builds for a home, with its metastore and logs: private, safe to delete."""
    return home.private / "spark"


def compare(home: Home) -> Comparison:
    """Compares what DuckDB built with what Spark built, as bags of rows, every column but NOT_COMPARED.

    What both were asked for and one has not is a difference. Views are not compared: on both engines they are read from
    tables that are. Raises EngineError where Spark has built nothing.
    """
    differences: list[str] = []
    compared = rows = 0
    file = spark_folder(home) / ASKED
    if not file.exists():
        raise EngineError(f"Spark has built nothing in {spark_folder(home)}.")
    asked = set(json.loads(file.read_text(encoding="utf-8")))
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        there = connection.execute(
            "select schema_name || '.' || name from (select schema_name, table_name as name from duckdb_tables() "
            "union all select schema_name, view_name from duckdb_views())"
        ).fetchall()
        differences += [
            f"{name}: not on DuckDB"
            for name in sorted(asked - {name for (name,) in there})
            if name.split(".")[0] in COMPARED
        ]
        for schema, table, count in connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() where schema_name in "
            "(select unnest(?)) order by all",
            [list(COMPARED)],
        ).fetchall():
            folder = spark_folder(home) / "warehouse" / f"{schema}.db" / table
            if not folder.is_dir():
                if f"{schema}.{table}" in asked:
                    differences.append(f"{schema}.{table}: not on Spark")
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
            theirs = f"select {columns} from read_parquet({literal(folder / '*.parquet')})"
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
    parser.add_argument("--shop", help="the shop, which has been refreshed before (default: the demo shop)")
    try:
        home = named_home(parser.parse_args(arguments).shop)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    if not home.warehouse.exists():
        tell(f"{home.warehouse} is not there: run the shop on DuckDB first, then compare.")
        return 1
    try:
        with lock.hold(home, tell=tell):
            # Compared with other rows than it was made of, every table would differ.
            if other := made_of.why_not_of_tonight(home):
                raise EngineError(other)
            landing.clear_up(home, tell)
            tell("building on Spark: some minutes")
            build(home, "spark")
            build_lifetime_value(home)
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
