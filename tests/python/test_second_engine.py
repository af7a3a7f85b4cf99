"""The second engine: what is staged and what the statement is made of, built by Spark, equal DuckDB's, row by row.

Needs Java 17, and the packages of requirements/spark.txt, which `make test` installs where there is Java. Without Java
this is skipped by name; with REQUIRE_JAVA=1 that is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import at_once
import duckdb
import pytest
from conftest import ONE_THREAD

from orchestration import compiled, parsed, second_engine
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import PROJECT, Home


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same small shop built by both: by dbt on Spark, and of DuckDB what it was asked for."""
    if shutil.which("java") is None:
        reason = "needs Java, which is not on this machine"
        if os.environ.get("REQUIRE_JAVA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("engines")
    generate(folder / "input", customers=150, years=2, progress=lambda line: None)
    home = Home((folder / "home").resolve())
    land(folder / "input", home, progress=lambda line: None)
    second_engine.build(home, "spark", second_engine.WALL)
    asked = json.loads((second_engine.spark_folder(home) / second_engine.ASKED).read_text(encoding="utf-8"))
    with closing(duckdb.connect(config=ONE_THREAD)) as connection:
        at_once.fill(connection, home, [name.split(".")[1] for name in asked])
    return home


@pytest.mark.timeout(1500)
def test_both_engines_build_the_same_rows(engines: Home) -> None:
    found = second_engine.compare(engines)
    assert not found.differences
    asked = json.loads((second_engine.spark_folder(engines) / second_engine.ASKED).read_text(encoding="utf-8"))
    assert {"staging.stg_orders", "core.fct_profit_entries", "marts.profit_reconciliation"} <= set(asked)
    # Half of the tables empty, or none found, would be no comparison.
    assert found.tables >= 50
    assert found.rows > 20_000


def test_one_changed_cent_is_found(engines: Home) -> None:
    with duckdb.connect(str(engines.warehouse)) as connection:
        connection.execute(
            "update core.fct_order_lines set cogs = cogs + 0.01 where (order_id, line_number) in "
            "(select order_id, line_number from core.fct_order_lines order by all limit 1)"
        )
    found = second_engine.compare(engines)
    assert found.differences == ("core.fct_order_lines: 1 rows only on DuckDB, 1 rows only on Spark",)


def test_a_table_that_one_engine_has_not_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path.resolve())
    spark = second_engine.spark_folder(home)
    (spark / "warehouse" / "core.db" / "fct_orders").mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema core; create schema marts")
        for table in ("core.fct_orders", "core.fct_refunds", "marts.of_duckdb_alone"):
            connection.execute(f"create table {table} as select 1 as id")
        connection.execute("create view core.fct_entries as from core.fct_orders")
        connection.execute(f"copy core.fct_orders to '{spark}/warehouse/core.db/fct_orders/part.parquet'")
    asked = ["core.fct_entries", "core.fct_orders", "core.fct_refunds", "marts.customers", "predictions.departures"]
    (spark / second_engine.ASKED).write_text(json.dumps(asked), encoding="utf-8")
    with pytest.raises(second_engine.EngineError, match="Spark has built nothing"):
        second_engine.compare(Home(tmp_path / "elsewhere"))
    found = second_engine.compare(home)
    assert found.differences == ("marts.customers: not on DuckDB", "core.fct_refunds: not on Spark")
    assert (found.tables, found.rows) == (1, 1)


LISTS = """
import json, sys
from orchestration import parsed

dbt = parsed.runner()
print(json.dumps([dbt.invoke(json.loads(arguments)).result for arguments in sys.argv[1:]]))
"""
"""What `dbt ls` lists for each of these arguments, asked in one process: dbt takes seconds to start."""


def test_spark_is_asked_for_no_model_in_python_and_for_all_that_is_read(tmp_path: Path) -> None:
    """A mart that comes to read a fit would have it asked for; only the long tests build all that is asked."""
    environment = {**os.environ, "WAREHOUSE_PRIVATE": str(tmp_path), "DBT_TARGET_PATH": str(tmp_path / "target"),
                   "DBT_LOG_PATH": str(tmp_path / "logs")}  # fmt: skip
    parsed.prepare(tmp_path / "target", environment, "duckdb")
    models = {name: node for name, node in compiled.compile_project({}).nodes.items() if node.kind == "model"}
    there = set(second_engine.FITTED)
    selections = (second_engine.selected("spark"), *second_engine.LIFETIME_VALUE)
    listed = subprocess.run(
        [sys.executable, "-c", LISTS, *(
            json.dumps(["--quiet", "ls", *parsed.about({}, "duckdb"), "--resource-type", "model", "--output", "name",
                        *selected])
            for selected in selections
        )],
        cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    for asked in map(set, json.loads(listed.stdout.splitlines()[-1])):
        assert asked and asked <= models.keys()
        assert not [name for name in asked if models[name].is_python]
        there |= asked
        read = {parent for name in asked for parent in models[name].parents}
        assert not (read & models.keys()) - there
    assert {"order_profit", "customer_profit_reasons", "customer_retention", "customer_lifetime_value"} <= there
