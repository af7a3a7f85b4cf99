"""What docs/connect.md says of each client is done as it stands there, on what is published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal

import adbc_driver_duckdb
import adbc_driver_manager
import duckdb
import pytest
from adbc_driver_manager import dbapi
from conftest import Shop
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from orchestration import sql_client
from orchestration.paths import PROJECT
from orchestration.publish import MARTS_FILE, PARQUET_FOLDER

PAGE = (PROJECT / "docs" / "connect.md").read_text(encoding="utf-8")


def block(heading: str) -> str:
    """The Python under a heading of the page."""
    section = rf"^## {re.escape(heading)} \(tested\)\n.*?^```python\n(.*?)^```"
    return re.search(section, PAGE, re.DOTALL | re.MULTILINE)[1]


class TestConnections:
    def test_the_blocks_of_the_page_say_what_the_marts_say(self, demo: Shop) -> None:
        names = {
            "FILE": str(demo.home.current / MARTS_FILE),
            "PARQUET": str(demo.home.current / PARQUET_FOLDER),
        }
        said = {}
        for heading in ("Python, DB-API", "SQLAlchemy", "ADBC", "Parquet"):
            said[heading] = dict(names)
            exec(block(heading), said[heading])
        customers = dict(demo.ask("select customer_id, net_profit from marts.customers"))
        assert len(customers) > 100
        assert dict(said["Python, DB-API"]["rows"]) == customers
        for heading in ("ADBC", "Parquet"):
            found = said[heading]["table"].to_pylist()
            assert {row["customer_id"]: row["net_profit"] for row in found} == customers
        orders = {row["order_id"]: row["net_profit"] for row in said["Parquet"]["orders"].to_pylist()}
        assert orders == dict(demo.ask("select order_id, net_profit from marts.order_profit"))
        assert said["SQLAlchemy"]["rows"] == demo.ask(
            "select month, net_profit from marts.company_profit_monthly order by month"
        )

    def test_no_client_can_write(self, demo: Shop) -> None:
        file, change = str(demo.home.current / MARTS_FILE), "delete from marts.customers"
        with duckdb.connect(file, read_only=True) as connection, pytest.raises(duckdb.InvalidInputException):
            connection.execute(change)
        for url in (f"duckdb:///{file}", f"duckdb:///{file}?access_mode=read_only"):
            arguments = {} if "?" in url else {"read_only": True}
            engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
            with engine.connect() as connection, pytest.raises(DatabaseError, match="read-only"):
                connection.execute(text(change))
        with (
            dbapi.connect(
                driver=adbc_driver_duckdb.driver_path(),
                entrypoint="duckdb_adbc_init",
                db_kwargs={"path": file, "access_mode": "READ_ONLY"},
            ) as connection,
            connection.cursor() as cursor,
            pytest.raises(adbc_driver_manager.Error, match="read-only"),
        ):
            cursor.execute(change)

    def test_the_terminal_client_answers(self, demo: Shop) -> None:
        if not (sql_client.programs() / "hsql").exists():
            pytest.skip("needs Harlequin, which `make sql` installs into .venv-sql")
        query = "select cast(sum(net_profit) as varchar) as profit from marts.customers"
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.sql_client", "--shop", "demo", "--input", str(demo.home.landed),
             "--query", query],
            cwd=PROJECT,
            env={**os.environ, "WAREHOUSE_HOME": str(demo.home.root)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        profit = demo.ask("select sum(net_profit) from marts.customers")[0][0]
        assert isinstance(profit, Decimal)
        assert str(profit) in done.stdout

    def test_without_a_publication_a_reader_is_told_what_to_do(self, tmp_path, monkeypatch, capsys) -> None:
        (tmp_path / "input").mkdir()
        monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
        assert sql_client.main(["--input", str(tmp_path / "input"), "--shop", "bakery"]) == 1
        assert "`make run` publishes" in capsys.readouterr().err
