"""The nightly refresh by hand: `python -m orchestration.run`, which `make run` calls.

The same job as Dagster runs at night, in this process and without a server: the run is in the history that `make ui`
shows. Ends with a summary and exit code 0, or with one paragraph on what failed and exit code 1.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sqlite3
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from pyarrow import ArrowException
from sqlalchemy.exc import SQLAlchemyError

from orchestration import erase, landing
from orchestration.landing import connectors
from orchestration.paths import Home, memory_limit
from orchestration.publish import in_force
from orchestration.refresh import alerts, lock, models, summary
from orchestration.refresh import instance as dagster_home
from orchestration.refresh.audits import Auditor
from orchestration.refresh.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance
    from dagster._utils.error import SerializableErrorInfo

PATIENCE_SECONDS = 600.0
"""How long a second refresh waits for the first before it leaves with a sentence."""

FAILURES_SHOWN = 3

STARTED_BY = {"started_by": "command line"}

DISK_IS_FULL = (
    "no space left",
    "disk i/o error",
    "disk is full",
    "disk full",
    "file too large",
    "read-only file system",
    # What did not fit into memory did not fit beside it either.
    "failed to offload",
)
MEMORY_IS_SHORT = (
    "out of memory",
    "exit code `-9`",
    "memoryerror",
    "allocate",
    "bad_alloc",
    "malloc of size",
    "can't start new thread",
)
"""How the programs that a refresh is made of say so, in lower case."""

SQLITE_IS_SHORT_OF_MEMORY = ("SQLITE_NOMEM", "SQLITE_IOERR_NOMEM", "SQLITE_IOERR_SHMMAP")
"""What it calls a disk I/O error in words."""

ADVICE = re.compile(r"\s*Possible solutions:.*?how_to_tune_workloads", re.DOTALL)
"""What DuckDB says after it ran out of memory, to whoever types queries."""


@dataclass
class Progress:
    """One line per step, with the seconds since the start."""

    started: float = field(default_factory=time.perf_counter)

    def tell(self, what: str) -> None:
        """Print a line at once, also where the output is a pipe."""
        print(f"[{self.seconds:6.1f} s] {what}", flush=True)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started


class RefreshFailed(Exception):
    """The job ended without publishing; the message is what failed, a sentence or two."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the refresh that the arguments ask for. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.run", description="Refresh a shop's warehouse.")
    parser.add_argument("--shop", help="the shop; the name of a connector reads its files through that connector")
    parser.add_argument("--input", help="folder of the shop's files (default: the demo shop, or what is landed)")
    parser.add_argument("--as-of", help="build for this past day, beside the nightly state")
    asked = parser.parse_args(arguments)
    progress = Progress()
    # Imported here: it builds days by this module.
    from orchestration import backfill

    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        backfill.refuse_unknown(settings.home)
    except (SettingsError, backfill.BackfillError) as error:
        print(error, file=sys.stderr)
        return 2
    return carry_out(settings, progress)


def carry_out(settings: Settings, progress: Progress | None = None, forget: Sequence[str] = ()) -> int:
    """Refresh, and say at the end what was done or what failed. Returns the exit code.

    `forget` are tables that are made anew whole, with what is built on them.
    """
    progress = progress or Progress()
    os.environ.update(settings.environment())
    try:
        figures = complete(settings, progress.tell, forget)
    except RefreshFailed as error:
        return failed(str(error), settings)
    except KeyboardInterrupt:
        print(f"\n{paragraph('It was stopped by hand.', settings.home)}", file=sys.stderr)
        return 130
    print("\n" + "\n".join(summary.lines(figures, settings.home, progress.seconds)))
    return 0


def complete(settings: Settings, tell: Callable[[str], None], forget: Sequence[str] = ()) -> summary.Summary:
    """Take the lock, finish what was begun before, refresh. Returns the figures of what is published then.

    `settings.environment()` is in the environment.

    Raises RefreshFailed, whatever it was that failed: the data, the project, another process or the machine.
    """
    try:
        with lock.hold(settings.home, PATIENCE_SECONDS, tell):
            erase.take_up(settings.home, tell)
            refresh(settings, tell, forget)
            return summary.read(settings.home)
    except (models.ModelsError, lock.LockHeld, landing.LandingError, erase.EraseError) as error:
        raise RefreshFailed(str(error)) from error
    except (OSError, MemoryError, sqlite3.Error, duckdb.Error, ArrowException, SQLAlchemyError) as error:
        raise RefreshFailed(one_sentence(error)) from error


def refresh(settings: Settings, tell: Callable[[str], None], forget: Sequence[str] = ()) -> None:
    """Run the job once. The caller holds the lock and has put `settings.environment()` into the environment.

    Raises RefreshFailed where a step failed, ModelsError where the dbt project does not parse.
    """
    auditors = {stage: Auditor(stage, settings) for stage in ("arriving", "leaving")}
    try:
        # Before anything else: the first audit takes seconds to import, and everything until then takes as long.
        auditors["arriving"].start()
        dagster_home.prepare(settings.home)
        started = time.perf_counter()
        if models.prepare_manifest(settings):
            tell(f"dbt project parsed ({time.perf_counter() - started:.1f} s)")
        run_job(settings, auditors, tell, forget)
    finally:
        for auditor in auditors.values():
            auditor.stop()


def run_job(
    settings: Settings, auditors: dict[str, Auditor], tell: Callable[[str], None], forget: Sequence[str] = ()
) -> None:
    """Run Dagster's job in this process. Raises RefreshFailed with what the failed step said."""
    # Imported here and not above: seconds in which the audit's own imports run, and `--help` should not wait for them.
    import dagster as dg

    from orchestration.refresh import project, schedule

    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    definitions = project.definitions(settings, models.read_manifest(settings.home), auditors, tell)
    with dg.DagsterInstance.get() as instance:
        bury_the_dead(instance)
        result = definitions.resolve_job_def(schedule.NIGHTLY).execute_in_process(
            instance=instance,
            tags=STARTED_BY,
            raise_on_error=False,
            # What the run logs is in the instance, for the UI; here it would bury the progress.
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": {"models": {"config": {"forget": list(forget)}}},
            },
        )
        if not result.success:
            raise RefreshFailed(why_it_failed(result.all_events))


def bury_the_dead(instance: DagsterInstance) -> None:
    """Mark runs from the command line whose process died as failed. The lock is ours, so none of them is alive."""
    from dagster import DagsterRunStatus, RunsFilter

    statuses = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED]
    for run in instance.get_runs(RunsFilter(tags=STARTED_BY, statuses=statuses)):
        instance.report_run_failed(run, "The process of this run ended before the run did.")


def why_it_failed(events: Iterable[DagsterEvent]) -> str:
    """What the failed steps said, a sentence each, without the machinery around it.

    `events` are all events of the run. A step that failed because its checks are red is told by those checks.
    """
    events = list(events)
    red: dict[str, list[str]] = {}
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.event_specific_data
            if check.blocking and not check.passed and check.severity.value == "ERROR":
                red.setdefault(event.step_key, []).append(check.description or check.asset_check_key.to_user_string())
    said = []
    for event in events:
        if event.is_step_failure:
            failure = event.step_failure_data
            if failure.error.cls_name == "DagsterExecutionInterruptedError":
                said.append("It was stopped from outside.")
                continue
            planned = failure.user_failure_data.description if failure.user_failure_data else None
            said.append(planned or several(red.get(event.step_key, [])) or unplanned(event.step_key, failure.error))
    return (
        " ".join(one if one.endswith((".", "?", "!")) else f"{one}." for one in said)
        or "The run failed before its first step."
    )


def unplanned(step: str, error: SerializableErrorInfo) -> str:
    """What nobody has written a sentence for: where it happened, and the error itself, not those that wrap it."""
    while error.cause is not None:
        error = error.cause
    return f"The step '{step.replace('__', '/')}' ended with an error: {' '.join(error.message.split())}"


def several(sentences: Sequence[str]) -> str:
    """The first few of the sentences as one, and how many more there are."""
    more = [f"and {len(sentences) - FAILURES_SHOWN} more"] if len(sentences) > FAILURES_SHOWN else []
    return "; ".join([*sentences[:FAILURES_SHOWN], *more])


def failed(what_failed: str, settings: Settings) -> int:
    """Say at the end what failed, to whoever is to be told too. Returns the exit code."""
    told = paragraph(what_failed, settings.home)
    print(f"\n{told}", file=sys.stderr)
    alerts.send(settings.shop, told, lambda line: print(line, file=sys.stderr))
    return 1


def paragraph(what_failed: str, home: Home) -> str:
    """What failed, where to look, what is still in force, what to do."""
    published = in_force(home)
    still = (
        f"The last publication is untouched: {home.current} still points at {published}."
        if published
        else "Nothing has been published yet, and nothing was."
    )
    what_failed = ADVICE.sub("", what_failed)
    not_needed = "" if "`make rollback`" in what_failed else " `make rollback` is not needed."
    return (
        f"The refresh failed. {what_failed} {still} The logs are in {home.private / 'logs'}, and `make ui` shows the "
        f"run step by step. {what_to_do(what_failed, home)}{not_needed}"
    )


def what_to_do(what_failed: str, home: Home) -> str:
    """What mends it, where that can be told by what was said; else that the cause must be mended first."""
    said = what_failed.lower()
    if any(words in said for words in DISK_IS_FULL):
        free = shutil.disk_usage(existing(home.root)).free
        return (
            f"The disk is full or may not be written to: {free / 1e9:.1f} GB are free where {home.root} lies, and a "
            "refresh needs about as much as the shop's home holds. Make room, then run the same command again."
        )
    if any(words in said for words in MEMORY_IS_SHORT):
        return (
            f"The memory did not do: the engine may use {memory_limit()} (WAREHOUSE_MEMORY) before it spills to "
            f"{home.private / 'spill'}. Set it lower where the machine ran out, and higher where the engine did; then "
            "run the same command again."
        )
    return "When the cause is mended, run the same command again."


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return folder if folder.exists() else existing(folder.parent)


def one_sentence(error: BaseException) -> str:
    """What the machine said, as a sentence: its kind where it said nothing."""
    # SQLAlchemy wraps what the database said in its query and a link.
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "sqlite_errorname", None) in SQLITE_IS_SHORT_OF_MEMORY:
        return f"Dagster's history could not be opened: out of memory ({cause.sqlite_errorname})."
    said = " ".join(str(cause).split()) or type(cause).__name__
    return said if said.endswith(".") else f"{said}."


if __name__ == "__main__":
    sys.exit(main())
