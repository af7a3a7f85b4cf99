"""A day more: the refresh as a night runs it, of a shop without its last days, and again when one of them has come.

Not the compiled models but `python -m orchestration.run` itself: landing, dbt with what it keeps (macros/kept.sql), its
tests, Great Expectations, publishing, the page. The first refresh builds everything, the second what the day asks for.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.paths import PROJECT, Home
from orchestration.refresh import timings

DAY_BEFORE_THE_END = 16
"""The day that comes is so many days before the shop's last one: neither a month's end nor a holiday."""

DATED_BY = {
    "orders": "ordered_at",
    "order_lines": "(select ordered_at from ordered where ordered.order_id = rows.order_id)",
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
        # Few, so that asking whose lines are whose stays cheap: who is not among them was ordered before.
        connection.execute(
            "create table ordered as select order_id, min(ordered_at) as ordered_at "
            f"from '{source}/orders/*.parquet' group by order_id having min(ordered_at) >= date '{day}'"
        )
        for file in sorted(source.glob("[!_]*/*.parquet")):
            is_first_version = file.name.startswith("part-")
            came = DATED_BY.get(file.parent.name) if is_first_version else CORRECTED
            if came is None or not _has(connection, file, came):
                came = "null::timestamp"
            _write(connection, file, f"coalesce({came} < date '{day}', true)", before)
            of_day = f"{came} >= date '{day}' and {came} < date '{day + timedelta(1)}'"
            count += _write(connection, file, of_day, on_the_day)
    for file in sorted(source.glob("[!_]*/*.csv")):
        count += _split_csv(file, before, on_the_day, day)
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


def _split_csv(file: Path, before: Path, on_the_day: Path, day: date) -> int:
    """The same of a file that a desk keeps by hand; a row whose day nobody can read was there before."""
    # Latin-1 reads any byte and writes it back: some of these rows are no UTF-8.
    with file.open(encoding="latin-1", newline="") as lines:
        rows = csv.DictReader(lines)
        came = DATED_BY[file.parent.name]
        parts: dict[Path, list[dict[str, str]]] = {before: [], on_the_day: []}
        for row in rows:
            on = row[came][:10] if re.match(r"\d{4}-\d{2}-\d{2}", row[came]) else ""
            if on <= day.isoformat():
                parts[on_the_day if on == day.isoformat() else before].append(row)
    for folder, found in parts.items():
        if found:
            target = folder / file.parent.name / f"{folder.name}-{file.name}"
            target.parent.mkdir(exist_ok=True)
            with target.open("w", encoding="latin-1", newline="") as lines:
                writer = csv.DictWriter(lines, rows.fieldnames, lineterminator="\n")
                writer.writeheader()
                writer.writerows(found)
    return len(parts[on_the_day])


def bring(day: Path, source: Path) -> None:
    """The files of the day lie beside those that are there."""
    for file in day.glob("*/*"):
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


def stages_of(home: Home) -> dict[str, float]:
    """Seconds of each stage of the last night, by its own count, in their order."""
    return {stage: float(seconds) for stage, name, seconds in timings.read(home) if name is None}


def budget(whole: Mapping[str, float], day: Mapping[str, float], whole_seconds: float, day_seconds: float) -> list[str]:
    """A line a stage: what it takes for the whole shop, what for one day more, and how much of the whole night that is.

    What is in none of the stages is starting and stopping. Stages of two processes at once add up to more than a night.
    """
    rest = [
        max(seconds - sum(stages.values()), 0.0) for seconds, stages in ((whole_seconds, whole), (day_seconds, day))
    ]
    rows = [(stage, seconds, day.get(stage, 0.0)) for stage, seconds in whole.items()]
    rows += [("starting and stopping", *rest), ("in all", whole_seconds, day_seconds)]
    return [f"  {stage:<28}{one:>9,.1f} s{other:>9,.1f} s{other / whole_seconds:>9.1%}" for stage, one, other in rows]
