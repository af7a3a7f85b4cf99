"""Erase a customer: `python -m orchestration.erase --shop NAME --customer NUMBER`, which `make erase` calls.

The person goes from everything below the shop's home: what has landed, quarantine, results of checks, logs, the private
warehouse, the ledger of retention lists, and every publication. Their money stays in the row `erased` of the statement.
The list of keyed hashes (`erasures.csv`) keeps them away when the same files are landed again.

In steps, each of which may be cut off and begun again: what is left to do is known by the file `erasure.unfinished`,
which holds keyed hashes and counts, and the next `make run` does it. Who is erased before then joins in. The files that
the shop handed in are the shop's own, and are not touched.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from pyarrow import ArrowException

from orchestration import keyed, landing, publish, retention_ledger
from orchestration.landing import erased
from orchestration.landing.store import PARTIAL, put_in_place
from orchestration.paths import Home
from orchestration.refresh import lock, models

UNFINISHED = "erasure.unfinished"
GONE = ".erased"
"""How a past day is called while it is removed."""

RECEIPTS = "erasure_receipts.csv"
RECEIPT = (
    "receipt",
    "finished_at",
    "accounts",
    "landed_rows_changed",
    "publications_dropped",
    "published_without_them",
)

Tell = Callable[[str], None]


class EraseError(Exception):
    """Nothing was erased; the message says why, in a sentence a person can act on."""


def begin(home: Home, customer_id: str) -> None:
    """Write down that the person, with all accounts merged with theirs, is to go. From here on there is no way back.

    The caller holds the lock. An erasure that is under way takes the person in; nothing happens where it is theirs.
    EraseError where nobody of that number has landed, LandingError where the list was written with another key.
    """
    try:
        secret = keyed.key("The list of who was erased")
    except keyed.KeyMissing as error:
        raise EraseError(str(error)) from None
    erased_before = erased.read(home.root)
    if is_unfinished(home):
        # One that was cut off may have left nothing of what a connector made, which says who is merged with whom.
        _hand_on_anew(home, lambda line: None)
    accounts = landing.accounts_of(home, customer_id)
    if not accounts:
        if is_unfinished(home) and keyed.erased_hash(secret, customer_id) in _read_state(home)["hashes"]:
            return
        if erased_before.name(customer_id):
            raise EraseError("This customer was erased before: nothing of theirs is left.")
        raise EraseError(f"No landed row names the customer {customer_id}, so there is nobody to erase.")
    # Who is out already, and published without, gets a receipt of their own.
    settle(home)
    state = _read_state(home) if is_unfinished(home) else _nothing_done()
    joining = {keyed.erased_hash(secret, account) for account in accounts} - set(state["hashes"])
    # Tables of a shop that says so carry keys in place of numbers, and so does its ledger.
    keys = {keyed.erased_hash(secret, keyed.customer_key(secret, account)) for account in accounts}
    begun = {
        "key": erased.hash_of_key(secret),
        "hashes": sorted({*state["hashes"], *joining, *keys}),
        "accounts": state["accounts"] + len(joining),
        "times_begun": state["times_begun"] + bool(joining),
        "is_clean": False,
    }
    _write_state(home, state | begun)


def is_unfinished(home: Home) -> bool:
    """Whether an erasure was begun in this shop and is not finished; other days (`AS_OF`) have none of their own."""
    return home.as_of is None and (home.root / UNFINISHED).exists()


def refuse_half_way(home: Home) -> None:
    """EraseError where an erasure was begun and what has landed still names the person."""
    if is_unfinished(home) and not _read_state(home)["is_clean"]:
        raise EraseError(
            "An erasure was begun and is not finished: `make run` finishes it, and publishes without the person."
        )


def take_up(home: Home, tell: Tell) -> None:
    """What a run does first where an erasure was begun: take the person out, where that has not been done.

    Where a publication without them is in force already, only the receipt is left to write. The caller holds the lock.
    """
    if not is_unfinished(home):
        return
    if not _read_state(home)["is_clean"]:
        clean(home, tell)
    elif receipts := settle(home):
        tell(f"who was erased is in no publication any more: the receipt is in {receipts}")


def settle(home: Home) -> Path | None:
    """Finish an erasure whose publication is in force: the run that put it there was cut off before the receipt."""
    return finish(home) if is_unfinished(home) and _is_published(home, _read_state(home)) else None


def clean(home: Home, tell: Tell) -> None:
    """Take who is to go out of all but the publication in force: that one waits for another to take its place.

    The caller holds the lock of the shop. Private folders go whole: they are made anew, and what dbt, Dagster and the
    audits wrote there names customers in many places. LockHeld where another day is being built, EraseError where the
    disk that days were moved to is not there.
    """
    state = _read_state(home)

    def note(file: Path, rows: int) -> None:
        # Of a file that is written twice, since the first time was cut off, the rows are counted once.
        state["changed"][f"{state['times_begun']}: {file.relative_to(home.landed)}"] = rows
        _write_state(home, state)

    with ExitStack() as locks:
        days = _hold_days(home, locks)
        # Whatever is in force now was made of rows that name the person.
        state["in_force"] = publish.in_force(home)
        if state["hashes"]:
            erased.add(home.root, state["key"], state["hashes"])
        erasures = erased.read(home.root)
        landing.erase(home, erasures, tell, note)
        _hand_on_anew(home, tell)
        retention_ledger.forget(home, erasures.name)
        _empty(home)
        _drop_all_but(home, state, state["in_force"], days)
        _remove_days(home, days)
        _write_state(home, state | {"is_clean": True})
    tell(f"{_rows(state):,} landed rows lost who they were about; private folders and other publications are gone")


def _hand_on_anew(home: Home, tell: Tell) -> None:
    """Have a connector make of its files again what is not there."""
    if connector := landing.landed_connector(home.landed):
        landing.land(None, home, connector, tell)


def finish(home: Home) -> Path:
    """Drop the publication that still names the person, now that another is in force, and write the receipt.

    Returns the file of receipts. EraseError where the old one is still in force.
    """
    state = _read_state(home)
    if not _is_published(home, state):
        raise EraseError("The publication that names the person is still in force.")
    now = publish.in_force(home)
    _drop_all_but(home, state, now)
    receipts = home.root / RECEIPTS
    before = receipts.read_text(encoding="utf-8").splitlines()[1:] if receipts.exists() else []
    if state["receipt"] is None:
        state["receipt"] = len(before) + 1
        _write_state(home, state)
    if len(before) < state["receipt"]:
        _write_receipts(receipts, before, state, now)
    (home.root / UNFINISHED).unlink()
    return receipts


def _write_receipts(receipts: Path, before: list[str], state: dict, run_id: str) -> None:
    finished_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    partial = receipts.with_name(receipts.name + PARTIAL)
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(RECEIPT)
        file.writelines(f"{line}\n" for line in before)
        writer.writerow(
            (state["receipt"], finished_at, state["accounts"], _rows(state), len(state["dropped_runs"]), run_id)
        )
    put_in_place(partial, receipts)


def _is_published(home: Home, state: dict) -> bool:
    """Whether a publication is in force that was made of what no longer names the person."""
    return state["is_clean"] and publish.in_force(home) != state["in_force"] and home.current.exists()


def _drop_all_but(home: Home, state: dict, run_id: str | None, days: Sequence[Home] = ()) -> None:
    """Remove every publication but that one. What goes is written down first, by its name, with those of these days."""
    dropped = {one for one in publish.folders(home) if one != run_id}
    dropped |= {f"{day.as_of} {one}" for day in days for one in publish.folders(day)}
    state["dropped_runs"] = sorted(dropped.union(state["dropped_runs"]))
    _write_state(home, state)
    publish.drop_all_but(home, run_id)


def _remove_days(home: Home, days: Sequence[Home]) -> None:
    """Remove these days, whose locks the caller holds, and whatever lies beside days and is none."""
    _remove_all_but_days(home)
    for day in days:
        # Away in one step: who builds this day anew meanwhile begins with a folder, and a lock, of their own.
        os.replace(day.build, day.build.with_name(day.build.name + GONE))
    _remove_all_but_days(home)
    with suppress(OSError):
        home.days.rmdir()


def _remove_all_but_days(home: Home) -> None:
    # Listed before it is asked which of them are days: one that comes now must not go.
    entries = list(home.days.glob("*"))
    days = {day.build for day in home.past_days()}
    for entry in entries:
        if entry not in days:
            if entry.name.endswith(GONE) and entry.is_dir():
                # A day that was moved to another disk is there, and here is a link.
                shutil.rmtree(entry.resolve())
            _remove(entry)


def _hold_days(home: Home, locks: ExitStack) -> list[Home]:
    """Hold every past day. Those that come after the last is held are of rows that name nobody who is to go.

    Looked for again until there is no new one: what a day was built of can be moved to the next while its lock is free.
    """
    for place in (home.days, *(day.build for day in home.past_days())):
        if place.is_symlink() and not place.exists():
            raise EraseError(f"{place} leads to {os.readlink(place)}, and that is not there: is its disk mounted?")
    held: list[Home] = []
    while new := [day for day in home.past_days() if day not in held]:
        for day in new:
            locks.enter_context(lock.hold(day))
        held += new
    return held


def _rows(state: dict) -> int:
    return sum(state["changed"].values())


def _nothing_done() -> dict:
    """The state of an erasure before its first step.

    `changed` are landed rows by file, `in_force` the publication that names the person, `receipt` is its number.
    """
    return {
        "key": "",
        "hashes": [],
        "accounts": 0,
        "times_begun": 0,
        "changed": {},
        "dropped_runs": [],
        "in_force": None,
        "is_clean": False,
        "receipt": None,
    }


def _read_state(home: Home) -> dict:
    return _nothing_done() | json.loads((home.root / UNFINISHED).read_text(encoding="utf-8"))


def _write_state(home: Home, state: dict) -> None:
    partial = home.root / (UNFINISHED + PARTIAL)
    partial.write_text(json.dumps(state), encoding="utf-8")
    put_in_place(partial, home.root / UNFINISHED)


def _empty(home: Home) -> None:
    """Remove what is private but the lock that is held, and dbt's manifest, which is made of the project alone."""
    for entry in home.private.iterdir() if home.private.exists() else ():
        if entry == home.target:
            _remove(models.run_results_file(home))
        elif entry.name != lock.LOCK_FILE:
            _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Erase, build the shop without the person, publish. 0 once nothing names them; 1 with a sentence, 2 for a slip."""
    # Imported here: a refresh imports half of Dagster's world, and a slip should be told at once.
    from orchestration import run
    from orchestration.refresh.settings import SettingsError, resolve

    parser = argparse.ArgumentParser(prog="python -m orchestration.erase", description="Erase a customer of a shop.")
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--customer", required=True, help="the shop's own number of the customer")
    asked = parser.parse_args(arguments)
    try:
        if not asked.customer:
            raise SettingsError("Say who: make erase CUSTOMER=<the shop's own number of the customer>.")
        settings = resolve(asked.shop or None, None, None, frozenset(landing.connectors()))
        os.environ.update(settings.environment())
        with lock.hold(settings.home, run.PATIENCE_SECONDS, print):
            begin(settings.home, asked.customer)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except (EraseError, landing.LandingError, lock.LockHeld) as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, duckdb.Error, ArrowException) as error:
        print(run.one_sentence(error), file=sys.stderr)
        return 1
    code = run.main(["--shop", asked.shop or ""])
    if code == 0:
        print("The files that were handed in still name the person: take them out there, too.")
    elif is_unfinished(settings.home):
        print(
            "The erasure is not finished: what is in force still names the person. `make run`, or the same command "
            "again, goes on with it.",
            file=sys.stderr,
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
