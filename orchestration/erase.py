"""Erase a customer: `python -m orchestration.erase --shop NAME --customer NUMBER`, which `make erase` calls.

The person goes from everything below the shop's home: what has landed, quarantine, results of checks, logs, the private
warehouse, the ledger of retention lists, and every publication. Their money stays in the row `erased` of the statement.
The list of keyed hashes (`erasures.csv`) keeps them away when the same files are landed again.

In steps, each of which may be cut off: what is left to do is known by the file `erasure.unfinished`, and the next
`make run` does it. The files that the shop handed in are the shop's own, and are not touched.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from orchestration import keyed, landing, publish, retention_ledger
from orchestration.landing import erased
from orchestration.landing.store import PARTIAL, put_in_place
from orchestration.paths import Home
from orchestration.refresh import lock, models

UNFINISHED = "erasure.unfinished"
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
    """Put the person, with all accounts merged with theirs, on the list. From here on there is no way back.

    The caller holds the lock. EraseError where nobody of that number has landed.
    """
    try:
        secret = keyed.key("The list of who was erased")
    except keyed.KeyMissing as error:
        raise EraseError(str(error)) from None
    accounts = erased.accounts_of(home.landed, customer_id)
    if not accounts:
        if erased.read(home.root).name(customer_id):
            raise EraseError("This customer was erased before: nothing of theirs is left.")
        raise EraseError(f"No landed row names the customer {customer_id}, so there is nobody to erase.")
    keys = [keyed.customer_key(secret, account) for account in accounts]
    _write_state(home, _begun(len(accounts), publish.in_force(home)))
    # Tables of a shop that says so carry keys in place of numbers, and so does its ledger.
    erased.add(home.root, secret, [*accounts, *keys])


def is_unfinished(home: Home) -> bool:
    """Whether an erasure was begun in this shop and is not finished; other days (`AS_OF`) have none of their own."""
    return home.as_of is None and (home.root / UNFINISHED).exists()


def refuse_half_way(home: Home) -> None:
    """EraseError where an erasure was begun and what has landed still names the person."""
    if is_unfinished(home) and not _read_state(home)["is_clean"]:
        raise EraseError(
            "An erasure was begun and is not finished: `make run` finishes it, and publishes without the person."
        )


def clean(home: Home, tell: Tell) -> None:
    """Take who is on the list out of all but the publication in force: that one waits for another to take its place.

    The caller holds the lock of the shop. Private folders go whole: they are made anew, and what dbt, Dagster and the
    audits wrote there names customers in many places. LockHeld where another day is being built.
    """
    state = _read_state(home)
    erasures = erased.read(home.root)
    days = [Home(home.root, folder.name) for folder in sorted((home.root / "as_of").glob("*"))]
    with ExitStack() as locks:
        for day in days:
            locks.enter_context(lock.hold(day))
        state["rows"] += landing.erase(home, erasures, tell)
        _write_state(home, state)
        if connector := landing.landed_connector(home.landed):
            landing.land(None, home, connector, tell)
        retention_ledger.forget(home, erasures.name)
        _empty(home)
        state["dropped"] += sum(len(publish.publications(day)) for day in days) + publish.drop_all_but(
            home, state["in_force"]
        )
        if days:
            shutil.rmtree(home.root / "as_of")
        _write_state(home, state | {"is_clean": True})
    tell(f"{state['rows']:,} landed rows lost who they were about; private folders and other publications are gone")


def finish(home: Home) -> Path:
    """Drop the publication that still names the person, now that another is in force, and write the receipt.

    Returns the file of receipts. EraseError where the old one is still in force.
    """
    state = _read_state(home)
    now = publish.in_force(home)
    if now is None or now == state["in_force"]:
        raise EraseError("The publication that names the person is still in force.")
    state["dropped"] += publish.drop_all_but(home, now)
    receipts = home.root / RECEIPTS
    before = receipts.read_text(encoding="utf-8").splitlines()[1:] if receipts.exists() else []
    row = (
        len(before) + 1,
        f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        state["accounts"],
        state["rows"],
        state["dropped"],
        now,
    )
    partial = receipts.with_name(receipts.name + PARTIAL)
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(RECEIPT)
        file.writelines(f"{line}\n" for line in before)
        writer.writerow(row)
    put_in_place(partial, receipts)
    (home.root / UNFINISHED).unlink()
    return receipts


def _begun(accounts: int, in_force: str | None) -> dict:
    return {"accounts": accounts, "rows": 0, "dropped": 0, "in_force": in_force, "is_clean": False}


def _read_state(home: Home) -> dict:
    return json.loads((home.root / UNFINISHED).read_text(encoding="utf-8"))


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
    code = run.main(["--shop", asked.shop or ""])
    if code == 0:
        print("The files that were handed in still name the person: take them out there, too.")
    return code


if __name__ == "__main__":
    sys.exit(main())
