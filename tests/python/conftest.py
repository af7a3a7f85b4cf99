"""What the tests share: shops built the way a person builds them, and the data that lies beside the project."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from orchestration import run
from orchestration.paths import PROJECT, Home
from orchestration.publish import MARTS_FILE

# The tests start dozens of processes: none of them should compile again what another has compiled (see the Makefile).
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Claims that several test files share say what they saw, too, when they fail.
pytest.register_assert_rewrite("readers")

SHARED = PROJECT.parent / "shared"

ONE_THREAD = {"threads": 1}
"""Of DuckDB where a test builds tables of a few rows: two threads take half as long again for them."""

LONGEST_FIRST = (
    "test_second_engine.py",
    "test_shop_small.py",
    "test_shop_real.py",
    "test_expectations.py",
    "test_shop_demo.py",
    "test_statement_oracle.py",
    "test_kept.py",
    "test_publish.py",
    "test_refresh_job.py",
    "test_restatements.py",
    "test_lifetime_value_tables.py",
    "test_crash_refresh.py",
    "test_bad_input.py",
    "test_report.py",
    "test_erase.py",
    "test_readers.py",
    "test_settings.py",
    "test_lifetime_value.py",
    "test_definitions.py",
    "test_benchmark.py",
    "test_connectors.py",
    "test_backfill.py",
)
"""Files that take minutes: begun last, one worker would be busy with them while the other has nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take longest first, everything else as it was."""
    items.sort(key=lambda item: (*LONGEST_FIRST, item.path.name).index(item.path.name))


@dataclass(frozen=True)
class Shop:
    """A shop after `make run`: its home, and what the command printed."""

    home: Home
    printed: str

    def ask(self, query: str) -> list[tuple]:
        """Rows of a query on the published file, as a reader opens it."""
        with duckdb.connect(str(self.home.current / MARTS_FILE), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def ask_private(self, query: str) -> list[tuple]:
        """Rows of a query on the private warehouse."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()


def refresh(home: Path, *arguments: str, project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """`make run` without make: the refresh in a process of its own, for the shop that lies in `home`."""
    return subprocess.run(
        [sys.executable, "-m", "orchestration.run", *arguments],
        cwd=project,
        env={**os.environ, "WAREHOUSE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=3000,
    )


@dataclass(frozen=True)
class Outcome:
    """How a refresh in this process ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def refresh_here(home: Path, *arguments: str) -> Outcome:
    """The same refresh in this process, for the shop that lies in `home`: without the seconds that a start takes."""
    said, told = io.StringIO(), io.StringIO()
    # What the refresh puts into the environment is about its home.
    with mock.patch.dict(os.environ, {"WAREHOUSE_HOME": str(home)}), redirect_stdout(said), redirect_stderr(told):
        code = run.main(arguments)
    return Outcome(code, said.getvalue(), told.getvalue())


@pytest.fixture(scope="session")
def build_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Shop]:
    """Builds a shop from an input folder in a home of its own; fails with what was printed where it is not green."""

    def build(folder: Path, *arguments: str) -> Shop:
        home = tmp_path_factory.mktemp("shop") / "home"
        done = refresh(home, "--input", str(folder), *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return Shop(Home(home.resolve()), done.stdout)

    return build


@pytest.fixture(scope="session")
def shared_data() -> Iterator[Path]:
    """The real orders beside the project. Skipped by name without them; with REQUIRE_SHARED=1 that is a failure."""
    data = SHARED / "data"
    if not data.is_dir():
        reason = "needs the real orders of ../shared/data, which are not on this machine"
        if os.environ.get("REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return data


def reconciles(shop: Shop) -> bool:
    """Whether customers add up to the company, and there is something to add up."""
    worst, rows = shop.ask("select coalesce(max(abs(difference)), 0), count(*) from marts.profit_reconciliation")[0]
    return worst == 0 and rows > 0


def published(shop: Shop) -> dict[str, str]:
    """A fingerprint of each published mart, whatever the order of its rows and its columns."""
    columns: dict[str, list[str]] = {}
    for table, column in shop.ask(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' order by all"
    ):
        columns.setdefault(table, []).append(f'"{column}"')
    return {
        table: shop.ask(f"select concat(count(*), ' ', sum(hash({', '.join(names)}))) from marts.{table}")[0][0]
        for table, names in columns.items()
    }
