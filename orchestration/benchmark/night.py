"""A day more: the refresh as a night runs it, of a shop without its last days, and again when one of them has come.

Not the compiled models but `python -m orchestration.run` itself: landing, dbt with what it keeps (macros/kept.sql), its
tests, Great Expectations, publishing, the page. The first refresh builds everything, the second what the day asks for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.paths import PROJECT, Home
from orchestration.publish import MARTS_FILE

DAY_BEFORE_THE_END = 16
"""The day that comes is so many days before the shop's last one: neither a month's end nor a holiday."""

DATED_BY = {
    "orders": "ordered_at",
    "order_lines": "(select min(ordered_at) from ordered where ordered.order_id = rows.order_id)",
    "refunds": "refunded_at",
    "payments": "coalesce(paid_at, due_at)",
    "shipments": "shipped_at",
    "loyalty_events": "occurred_at",
    "marketing_touches": "touched_at",
    "web_events": "occurred_at",
    "service_contacts": "opened_at",
    "surveys": "surveyed_at",
    "customers": "created_at",
}
"""When a row has come, by table. Tables of one file (products, rates, pools, spend) are there from the beginning."""

CORRECTED = "updated_at"
"""When a late row or a correction has come; the demo shop writes them into files of their own."""


class NightFailed(Exception):
    """A refresh of the benchmark did not publish; the message is what it said."""


def split(source: Path, before: Path, on_the_day: Path, day: date) -> int:
    """Write a shop's files as they were before a day, and what came on it; later rows are left out.

    Returns how many rows came on the day. Days are those of UTC.
    """
    for folder in (before, on_the_day):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file():
            shutil.copy(file, before)
    count = 0
    with duckdb.connect() as connection:
        connection.execute(f"create table ordered as select order_id, ordered_at from '{source}/orders/*.parquet'")
        for file in sorted(source.glob("[!_]*/*.parquet")):
            is_first_version = file.name.startswith("part-")
            came = DATED_BY.get(file.parent.name) if is_first_version else CORRECTED
            if came is None or not _has(connection, file, came):
                came = "null::timestamp"
            _write(connection, file, f"coalesce({came} < date '{day}', true)", before)
            of_day = f"{came} >= date '{day}' and {came} < date '{day + timedelta(1)}'"
            count += _write(connection, file, of_day, on_the_day)
    return count


def _has(connection: duckdb.DuckDBPyConnection, file: Path, came: str) -> bool:
    """Whether the rows of a file say when they came: what was written by hand may lack the column."""
    names = {name for name, *_ in connection.execute(f"describe from '{file}'").fetchall()}
    return came != CORRECTED or CORRECTED in names


def _write(connection: duckdb.DuckDBPyConnection, file: Path, condition: str, folder: Path) -> int:
    """Write the rows of a file for which the condition holds, if there are any. Returns how many."""
    chosen = f"(select rows.* from '{file}' as rows where {condition})"
    (count,) = connection.execute(f"select count(*) from {chosen}").fetchone()
    if count:
        target = folder / file.parent.name / f"{folder.name}-{file.name}"
        target.parent.mkdir(exist_ok=True)
        connection.execute(f"copy {chosen} to '{target}' (format parquet)")
    return count


def bring(day: Path, source: Path) -> None:
    """The files of the day lie beside those that are there."""
    for file in day.glob("*/*.parquet"):
        (source / file.parent.name).mkdir(exist_ok=True)
        shutil.copy(file, source / file.parent.name)


def refresh(home: Home, source: Path, memory: str) -> None:
    """A night. Raises NightFailed where nothing was published."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.run", "--input", str(source)],
        cwd=PROJECT,
        env={**os.environ, "WAREHOUSE_HOME": str(home.root), "WAREHOUSE_MEMORY": memory},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NightFailed(done.stderr[-2000:])


def stages_of(home: Home) -> list[tuple[str, float]]:
    """What the stages of the last night took, by its own count, until its tables were copied out."""
    with duckdb.connect(str(home.current / MARTS_FILE), read_only=True) as connection:
        return connection.execute(
            "select stage, cast(seconds as double) from metadata.timings where name is null order by seconds desc"
        ).fetchall()
