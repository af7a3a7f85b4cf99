"""A range of past days: `python -m orchestration.backfill --shop NAME --from DAY`, which `make backfill` calls.

Each day is built from what has landed, and published beside tonight's tables, as `make run AS_OF=<day>` does: by a
process of its own, so that one which runs out of memory takes no other with it. A day whose publication is made of what
it would be made of now is left alone. So a call that was broken off, or had days that failed, is taken up by the same
call again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import duckdb
from sqlalchemy.exc import SQLAlchemyError

from orchestration import erase, keyed, run
from orchestration.landing import LandingError, connectors
from orchestration.paths import PROJECT, Home
from orchestration.publish import MARTS_FILE, in_force
from orchestration.refresh import alerts, lock, made_of, tied
from orchestration.refresh.settings import Settings, SettingsError, from_environment, from_landed, resolve

STEPS = ("day", "week", "month")

SUNDAY = 6

HANDED_ON = ("warehouse.duckdb", "fits")
"""What a published day leaves to the next: whatever is made of the same there is not made again."""

SHOWN = 3


class BackfillError(Exception):
    """This range, or this day, cannot be built; the message says what to change."""


class UnreadableError(BackfillError):
    """The publication in force says nothing."""


@dataclass(frozen=True)
class Outcome:
    """What became of a day: built and published, there already, or not built, and then why, as a sentence."""

    day: str
    was_there: bool = False
    failure: str | None = None

    def sentence(self) -> str:
        """The outcome as a line of progress."""
        if self.failure:
            return f"{self.day}: failed: {self.failure}"
        return f"{self.day}: " + ("there already, made of the same" if self.was_there else "built and published")


def days(first: date, last: date, step: str = "day") -> list[date]:
    """The days from `first` to `last`, both of them possible: each, or Sundays, or the last days of months.

    BackfillError where there is none.
    """
    if step not in STEPS:
        raise BackfillError(f"STEP is one of {', '.join(STEPS)}, and not {step}.")
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    found = [day for day in every if _ends(day, step)]
    if not found:
        raise BackfillError(f"No {step if step == 'day' else step + ' ends'} from {first} until {last}.")
    return found


def _ends(day: date, step: str) -> bool:
    if step == "month":
        return day.day == monthrange(day.year, day.month)[1]
    return step == "day" or day.weekday() == SUNDAY


def last_day(home: Home) -> date:
    """The day of the nightly tables in force, after which nothing is known.

    BackfillError before the first night, and UnreadableError where the publication cannot be read.
    """
    file = Home(home.root).current / MARTS_FILE
    if not file.exists():
        raise BackfillError(f"Nothing is published in {home.root} yet: `make run` comes before past days.")
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute("select as_of_date from metadata.as_of").fetchone()[0]
    except duckdb.Error as error:
        raise UnreadableError(
            f"The publication in force cannot be read ({file}: {str(error).splitlines()[0]}), so the last day that is "
            "known is not: `make rollback` puts the publication before it in force."
        ) from error


def refuse_unknown(home: Home, today: date | None = None) -> None:
    """BackfillError for a home of another day (`AS_OF`) after the last one known.

    Before the first night, that is the day it is. A publication that cannot be read is said by who compares with it.
    """
    if home.as_of is None:
        return
    day, today = date.fromisoformat(home.as_of), today or datetime.now(UTC).date()
    with suppress(UnreadableError):
        if in_force(Home(home.root)) is None:
            if day > today:
                raise BackfillError(f"{day} is not known yet: today is {today}.")
        elif day > (known := last_day(home)):
            raise BackfillError(_unknown(day, known))


def _unknown(day: date, known: date) -> str:
    return f"{day} is not known yet: the tables in force are of {known}."


def of_day(settings: Settings, day: date) -> Settings:
    """The refresh of this shop for that day, from what has landed.

    BackfillError for a day after the last one known, and while an erasure is under way.
    """
    known = last_day(settings.home)
    if day > known:
        raise BackfillError(_unknown(day, known))
    try:
        erase.refuse_half_way(Home(settings.home.root))
    except erase.EraseError as error:
        raise BackfillError(str(error)) from None
    return replace(from_landed(settings), home=Home(settings.home.root, day.isoformat()))


def make(settings: Settings) -> Outcome:
    """Build and publish the day of these settings, where it is not there made of the same."""
    home = settings.home
    try:
        if made_of.is_published(settings):
            return Outcome(home.as_of, was_there=True)
    except keyed.KeyMissing as error:
        return Outcome(home.as_of, failure=str(error))
    take_over(settings)
    return Outcome(home.as_of, failure=_in_a_process(settings))


def take_over(settings: Settings) -> str | None:
    """Move the private warehouse of the nearest earlier day that is published here. Returns that day, or None.

    A day that has a warehouse keeps it. One that failed is left what it has: that is where it stopped.
    """
    home = settings.home
    if home.warehouse.exists():
        return None
    for before in reversed(home.past_days()):
        if before.as_of < home.as_of and before.warehouse.exists():
            with suppress(lock.LockHeld), lock.hold(before), lock.hold(home):
                if _may_go(replace(settings, home=before)):
                    for name in HANDED_ON:
                        if (before.private / name).exists():
                            shutil.rmtree(home.private / name, ignore_errors=True)
                            os.replace(before.private / name, home.private / name)
                    return before.as_of
    return None


def _may_go(before: Settings) -> bool:
    has_log = before.home.warehouse.with_name(before.home.warehouse.name + ".wal").exists()
    return not has_log and made_of.is_published(before)


def _in_a_process(settings: Settings) -> str | None:
    """Refresh in a process of its own, which ends with this one. Returns what failed, None where nothing did."""
    log = settings.home.private / "logs" / "backfill.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as errors:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "orchestration.refresh.tied",
                sys.executable,
                "-m",
                "orchestration.backfill",
                "--this-day",
            ],
            cwd=PROJECT,
            env={**os.environ, **settings.environment(), tied.STARTED_BY: str(os.getpid())},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
        errors.write(done.stdout)
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"It was ended by {signal.Signals(-done.returncode).name}, from outside or for want of memory."
    said = done.stdout.strip().splitlines()
    return said[-1] if said else f"It said nothing; its log is {log}."


def this_day(settings: Settings) -> int:
    """Refresh what the environment names; the last line says what failed. Returns the exit code."""
    try:
        run.complete(settings, lambda line: print(line, flush=True))
    except run.RefreshFailed as error:
        print(" ".join(str(error).split()), flush=True)
        return 1
    return 0


def make_all(settings: Settings, wanted: Sequence[date]) -> Iterator[Outcome]:
    """The days in their order, whatever became of those before."""
    for day in wanted:
        try:
            yield make(of_day(settings, day))
        except (BackfillError, SettingsError, LandingError) as error:
            yield Outcome(day.isoformat(), failure=str(error))
        except (OSError, duckdb.Error) as error:
            yield Outcome(day.isoformat(), failure=run.one_sentence(error))


def paragraph(outcomes: Sequence[Outcome], home: Home) -> str:
    """What failed, where to look, what is untouched, what to do. At least one of the days has failed."""
    failures = [one for one in outcomes if one.failure]
    told = "; ".join(f"{one.day} ({one.failure.rstrip('.')})" for one in failures[:SHOWN])
    more = f"; and {len(failures) - SHOWN} more: {', '.join(one.day for one in failures[SHOWN:])}"
    return (
        f"The backfill failed for {len(failures)} of {len(outcomes)} days: {told}{more if failures[SHOWN:] else ''}. "
        "Tonight's tables are untouched, and so is what was published of these days before; the other days are "
        f"published below {home.root / 'as_of'}. The logs of a day are in its private/logs, and `make ui AS_OF=<day>` "
        f"shows its run step by step. {run.what_to_do(' '.join(one.failure for one in failures), home)} It makes these "
        "days and no others."
    )


def show_in_ui(home: Home, outcomes: Sequence[Outcome], tell: Callable[[str], None]) -> None:
    """Tell Dagster's history of the shop which days are there, as it would know had it made them itself.

    They are published whether or not that can be written down; what is in the way is told to `tell`.
    """
    import dagster as dg

    from orchestration.refresh import instance
    from orchestration.refresh.past_days import PAST_DAYS

    try:
        with dg.DagsterInstance.from_config(str(instance.prepare(home))) as dagster:
            known = dagster.get_materialized_partitions(PAST_DAYS)
            for one in outcomes:
                if not one.failure and not (one.was_there and one.day in known):
                    dagster.report_runless_asset_event(dg.AssetMaterialization(PAST_DAYS, partition=one.day))
    except (OSError, SQLAlchemyError) as error:
        tell(f"Dagster's page does not know of these days: {run.one_sentence(error)}")


def main(arguments: Sequence[str] | None = None, tell: Callable[[str], None] | None = None) -> int:
    """Make the days that the arguments ask for. Returns the exit code: 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.backfill", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--from", dest="first", default="", help="the first day")
    parser.add_argument("--until", default="", help="the last day (default: that of the tables in force)")
    parser.add_argument("--step", default="day", help=f"which days: {', '.join(STEPS)}")
    parser.add_argument("--this-day", action="store_true", help="the day that the environment names, and no other")
    asked = parser.parse_args(arguments)
    if asked.this_day:
        return this_day(from_environment())
    progress = run.Progress()
    tell = tell or progress.tell
    try:
        settings = from_landed(resolve(asked.shop or None, None, None, frozenset(connectors())))
        last = _day(asked.until, "UNTIL") if asked.until else last_day(settings.home)
        wanted = days(_day(asked.first, "FROM"), last, asked.step or "day")
        of_day(settings, wanted[-1])
    except (SettingsError, BackfillError) as error:
        print(error, file=sys.stderr)
        return 2
    outcomes: list[Outcome] = []
    try:
        for outcome in make_all(settings, wanted):
            tell(outcome.sentence())
            outcomes.append(outcome)
    except KeyboardInterrupt:
        print(
            f"\nThe backfill was stopped by hand. {len(outcomes)} of {len(wanted)} days are done; the same command "
            "again goes on with the rest.",
            file=sys.stderr,
        )
        return 130
    finally:
        show_in_ui(settings.home, outcomes, tell)
    if any(one.failure for one in outcomes):
        told = paragraph(outcomes, settings.home)
        print(f"\n{told}", file=sys.stderr)
        alerts.send(settings.shop, told, lambda line: print(line, file=sys.stderr))
        return 1
    there = sum(one.was_there for one in outcomes)
    tell(f"{len(outcomes)} days: {len(outcomes) - there} built and published, {there} there already")
    return 0


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        example = "2025-01-31"
        raise BackfillError(f"'{text}' is no day: give {name} as year-month-day, for example {example}.") from None


if __name__ == "__main__":
    sys.exit(main())
