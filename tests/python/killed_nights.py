"""Nights that are cut off, in a process of its own, which forks:

    python killed_nights.py kill <folder> <kills> <seed>
    python killed_nights.py lack <folder> <what each night lacks, as JSON>

Landing, Dagster, the lock, publishing and the ledger are the real ones; dbt, Great Expectations and the report page are
stand-ins, which take a hundredth of the time. Everything is imported once, then each night is a fork. A night changes
its home some two hundred times; at one of these, drawn at random, or a moment later, it is killed by a signal. Prints
what came of it as JSON, and ends with an error where a reader would have found anything but a whole publication.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import random
import resource
import signal
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import test_refresh_job
from test_crash_landing import write_night

from expectations import catalogue
from orchestration import contract, report, run
from orchestration.copies import fingerprints
from orchestration.landing import store
from orchestration.paths import Home
from orchestration.publish import MARTS_FILE, publications
from orchestration.refresh import dbt_process, models
from orchestration.refresh.results import CheckResult

SHOP = "corner"
TABLES = ("marts.customer_profit", "marts.retention_list", "metadata.as_of", "metadata.input_freshness")

BUILD = """
create schema marts; create schema metadata;
create table marts.customer_profit as
    select customer_id, count(*) as order_count
    from read_parquet('{landed}/orders/load-*.parquet') group by customer_id;
create table marts.retention_list as
    select customer_id, 'late' as reason, false as is_held_out from marts.customer_profit where order_count > 2;
create table metadata.as_of as
    select date '2025-01-01' + cast(max(load_id) as int) as as_of_date
    from read_parquet('{landed}/loads/load-*.parquet');
create table metadata.input_freshness as
    select 'orders' as table_name, timestamp '2025-01-01' as latest_event_at, max(load_id) as latest_load_id,
        timestamp '2025-01-02' as latest_loaded_at
    from read_parquet('{landed}/orders/load-*.parquet')
"""


class Auditor:
    """Finds everything as it should be."""

    def __init__(self, stage: str, _settings: object) -> None:
        self.stage = stage

    def start(self) -> None:
        """Nothing has to be imported."""

    def stop(self) -> None:
        """Nothing is under way."""

    def judge(self) -> list[CheckResult]:
        """One green result."""
        return [
            CheckResult(self.stage, suite.name, "Ids are there", "order_id", True, True, 0, None)
            for suite in test_refresh_job.suites(self.stage)
        ]


@dataclass
class Dbt:
    """Builds two models from what has landed, a statement at a time."""

    home: Home
    outputs: list[str]

    def stream(self) -> Iterator[dg.Output]:
        """As dbt does, it replaces what is there, and a reader of half of it would see that."""
        # As `profiles.yml` opens it.
        settings = {"memory_limit": os.environ["WAREHOUSE_MEMORY"], "temp_directory": str(self.home.private / "spill")}
        with duckdb.connect(str(self.home.warehouse), config=settings) as connection:
            for schema in ("marts", "metadata"):
                connection.execute(f"drop schema if exists {schema} cascade")
            for statement in BUILD.format(landed=self.home.landed).split(";"):
                sys.audit("night.builds")
                connection.execute(statement)
        for name in self.outputs:
            yield dg.Output(None, name)


def night(home: Home, files: Path) -> int:
    """One `make run` in this process. Returns its exit code."""

    def start(_settings: object, context: dg.AssetExecutionContext, _manifest: dict) -> Dbt:
        return Dbt(home, sorted(context.op_execution_context.selected_output_names))

    with (
        mock.patch.dict(os.environ, {"WAREHOUSE_HOME": str(home.root)}),
        mock.patch.object(run, "Auditor", Auditor),
        mock.patch.object(run.summary, "read"),
        mock.patch.object(run.summary, "lines", return_value=[]),
        mock.patch.object(models, "prepare_manifest", return_value=False),
        mock.patch.object(models, "read_manifest", return_value=test_refresh_job.two_models()),
        mock.patch.object(dbt_process, "start", start),
        mock.patch.object(catalogue, "suites", test_refresh_job.suites),
        mock.patch.object(report, "build", test_refresh_job.write_page),
    ):
        return run.main(["--shop", SHOP, "--input", str(files)])


def in_a_fork(
    home: Home, files: Path, kill_at: int = 0, delay: float = 0, longest_file: int = 0, engine: str = "", more: int = 0
) -> tuple[int, str]:
    """A night in a process of its own; its exit code, negative where it was killed, and what it said.

    It is killed at a change of its home, or `delay` seconds later; at 0 nobody kills it. With `longest_file`, in bytes,
    the disk is full: no file may grow beyond that. With `engine`, such as 6GB, DuckDB may use no more; with `more`, in
    bytes, the process gets so much from the machine besides what it has.
    """
    said = home.root.parent / "said.txt"
    child = os.fork()
    if child == 0:
        os.setsid()
        if kill_at:
            kill_at_change(home, kill_at, delay)
        if longest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (longest_file, resource.RLIM_INFINITY))
        if engine:
            os.environ["WAREHOUSE_MEMORY"] = engine
        if more:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            allowed = pages * resource.getpagesize() + more
            resource.setrlimit(resource.RLIMIT_AS, (allowed, resource.RLIM_INFINITY))
        code, output = 1, io.StringIO()
        with redirect_stdout(output), redirect_stderr(output):
            try:
                code = night(home, files)
            except BaseException:  # noqa: BLE001 (the fork must end here, whatever it was)
                traceback.print_exc()
            finally:
                for bound in (resource.RLIMIT_FSIZE, resource.RLIMIT_AS):
                    resource.setrlimit(bound, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                said.write_text(output.getvalue())
                os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code, "" if code < 0 else said.read_text()


def kill_at_change(home: Home, kill_at: int, delay: float) -> None:
    """Have this process killed at its n-th change of the home, or a moment later."""
    changes = 0

    def kill() -> None:
        os.killpg(0, signal.SIGKILL)

    def watch(event: str, arguments: tuple) -> None:
        nonlocal changes
        if is_change(event, arguments, str(home.root)):
            changes += 1
            if changes == kill_at:
                threading.Timer(delay, kill).start() if delay else kill()

    sys.addaudithook(watch)


def is_change(event: str, arguments: tuple, root: str) -> bool:
    """Whether an event of Python's audit changes the home; what DuckDB and SQLite do by themselves is not seen."""
    if event == "night.builds":
        return True
    if event == "open":
        path, mode, _ = arguments
        return str(path).startswith(root) and any(letter in (mode or "") for letter in "wxa+")
    return event in ("os.rename", "os.remove", "os.mkdir", "os.symlink") and str(arguments[0]).startswith(root)


def changes_of(home: Home, files: Path) -> int:
    """How often an undisturbed night changes its home. What it imports, this process has imported then, too."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        changes = 0

        def watch(event: str, arguments: tuple) -> None:
            nonlocal changes
            changes += is_change(event, arguments, str(home.root))

        sys.addaudithook(watch)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            code = night(home, files)
        with os.fdopen(writing, "w") as told:
            json.dump([changes, list(sys.modules)], told)
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        changes, modules = json.load(told)
    _, status = os.waitpid(child, 0)
    assert status == 0
    contract.tables()
    store.manifest_schema()
    for name in modules:
        with suppress(ImportError):
            importlib.import_module(name)
    return changes


def state(home: Home) -> str | None:
    """What a reader of the published file finds, as a checksum of all its tables; None before the first publication."""
    if not home.current.exists():
        return None
    with duckdb.connect(str(home.current / MARTS_FILE), read_only=True) as connection:
        found = fingerprints(connection, TABLES)
        (run_id,) = connection.execute("select run_id from metadata.run").fetchone()
    assert run_id == os.readlink(home.current), "the link and what it leads to are of two runs"
    return str(sorted((table, one.row_count, one.checksum) for table, one in found.items()))


def state_in_a_fork(home: Home) -> str | None:
    """The same, from a process of its own: this one opens no database, since it forks."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(state(home)).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        answer = told.read()
    assert status == 0, "the published file could not be read"
    return json.loads(answer)


def experiment(folder: Path, kills: int, seed: int) -> dict:
    """Kill nights until so many are killed, and finish each in the end."""
    chance = random.Random(seed)
    calm, home, files = Home(folder / "calm" / "home"), Home(folder / "home"), folder / "files"
    for one in (calm, home):
        one.root.mkdir(parents=True)
    number, killed, left_behind, seen = 0, 0, 0, Counter()
    write_night(files, number)
    changes = changes_of(calm, files)
    before, after = None, state_in_a_fork(calm)
    while True:
        delay = chance.choice((0.0, chance.uniform(0, 0.05)))
        code, said = in_a_fork(home, files, chance.randint(1, changes) if killed < kills else 0, delay)
        assert code in (0, -signal.SIGKILL), said
        is_killed = code < 0
        killed += is_killed
        now = state_in_a_fork(home)
        assert now in (before, after), "a reader finds what is of neither night"
        seen["last night's" if now == before else "tonight's"] += is_killed
        left_behind += any(home.published.glob("*.unfinished")) if home.published.exists() else 0
        if is_killed:
            continue
        assert now == after
        assert not list(home.published.glob("*.unfinished"))
        if killed >= kills:
            break
        number += 1
        write_night(files, number)
        code, said = in_a_fork(calm, files)
        assert code == 0, f"a night that nobody cut off failed: {said}"
        before, after = after, state_in_a_fork(calm)
    assert (home.root / "retention_lists.csv").read_bytes() == (calm.root / "retention_lists.csv").read_bytes()
    return {
        "killed": killed,
        "nights": number + 1,
        "changes": changes,
        "seen": seen,
        "half_published": left_behind,
        "publications": len(publications(home)),
    }


def cut_short(folder: Path, bounds: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Nights that lack something each, after one that did not, and before one that does not again.

    `bounds` are what a night lacks, by its name, as arguments of `in_a_fork`. Returns what each of them said last.
    """
    home, files = Home(folder / "home"), folder / "files"
    home.root.mkdir(parents=True)
    write_night(files, 0)
    assert in_a_fork(home, files)[0] == 0
    before = state_in_a_fork(home)
    write_night(files, 1)
    said = {}
    for name, bound in bounds.items():
        code, text = in_a_fork(home, files, **bound)
        assert code == 1, f"a night with {name} ended with {code}: {text}"
        assert state_in_a_fork(home) == before
        said[name] = text.strip().splitlines()[-1]
    assert in_a_fork(home, files)[0] == 0
    assert state_in_a_fork(home) != before
    return said


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["kill", where, kills, seed]:
            print(json.dumps(experiment(Path(where), int(kills), int(seed))))
        case ["lack", where, bounds]:
            print(json.dumps(cut_short(Path(where), json.loads(bounds))))
