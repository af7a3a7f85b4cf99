"""The second engine: staging, core and the profit of customers built by Spark equal DuckDB's, row by row.

Needs Java 17 and requirements/spark.txt. Without Java this is skipped by name, unless REQUIRE_JAVA says it must be
there; `make test` installs the packages where there is Java.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import PROJECT, Home

BUILT = ["staging", "core", "+customer_profit", "+customer_profit_monthly"]
COMPARED = ("staging", "core", "marts")


def dbt(home: Home, target: str, *arguments: str) -> None:
    """Runs dbt in the home. Its own working folder, since Spark's metastore writes a log where it is started."""
    home.private.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), *arguments),
            *("--target", target, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        ],
        cwd=home.private,
        env={**os.environ, **home.environment(), "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """The same small shop built twice: the home of DuckDB's, and the folder of Spark's tables."""
    if shutil.which("java") is None:
        reason = "needs Java, which is not on this machine"
        if os.environ.get("REQUIRE_JAVA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("engines")
    generate(folder / "input", customers=150, years=2, progress=lambda line: None)
    home = Home((folder / "home").resolve())
    land(folder / "input", home, progress=lambda line: None)
    select = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test", "--select", *BUILT]
    dbt(home, "duckdb", "build", *select)
    on_spark = Home(home.root, as_of="spark")
    dbt(on_spark, "spark", "build", *select)
    return home, on_spark.private / "spark" / "warehouse"


@pytest.mark.timeout(1500)
def test_both_engines_build_the_same_rows(engines: tuple[Home, Path]) -> None:
    home, spark = engines
    differences, compared, rows = [], 0, 0
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in (select unnest(?)) order by all",
            [list(COMPARED)],
        ).fetchall()
        for schema, table in tables:
            built = spark / f"{schema}.db" / table
            if not built.is_dir():
                continue
            columns = connection.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? "
                "order by column_index",
                [schema, table],
            ).fetchall()
            # The text of a refused row, for people to look at: Spark writes a decimal of zero as 0E-8.
            columns = [(name, kind) for name, kind in columns if (table, name) != ("quarantine", "payload")]
            # Spark writes whole numbers that it counted as bigint, and timestamps with their zone, UTC.
            chosen = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns)
            ours = f"select {chosen} from {schema}.{table}"
            theirs = f"select {chosen} from read_parquet('{built}/*.parquet')"
            counted = connection.execute(f"select count(*) from {schema}.{table}").fetchone()[0]
            only = connection.execute(
                f"select (select count(*) from ({ours} except all {theirs})), "
                f"(select count(*) from ({theirs} except all {ours}))"
            ).fetchone()
            if only != (0, 0):
                differences.append(f"{schema}.{table}: {only[0]} rows only on DuckDB, {only[1]} only on Spark")
            compared += 1
            rows += counted
    assert not differences
    # Half of the tables empty, or none found, would be no comparison.
    assert compared >= 45
    assert rows > 20_000
    print(f"{compared} tables, {rows} rows equal")
