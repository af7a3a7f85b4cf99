"""Who was on the retention list of which day, and who was left alone: kept like an input, beside what is landed.

A list can be judged only months later, against those held out of it; by then it has long been replaced. So each nightly
publication writes its list down in `retention_lists.csv` in the shop's home, which nothing deletes. Lists of other days
than tonight's (`AS_OF`) were never given to anybody and are not written down.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.landing import LandingError, erased
from orchestration.paths import Home
from orchestration.publish import MARTS_FILE

FILE = "retention_lists.csv"
UNFINISHED = f"{FILE}.unfinished"

COLUMNS = ("listed_on", "customer_id", "reason", "is_held_out")
"""The customer by the number they had on the day: merges come later and move nobody between the groups."""

SCHEMA = pa.schema(
    [("listed_on", pa.date32()), ("customer_id", pa.string()), ("reason", pa.string()), ("is_held_out", pa.bool_())]
)


def catch_up(home: Home) -> int:
    """Add the list in force, which a night that was killed in between has not written down any more.

    Who has been erased since is left out. What cannot be read has no list: the comparison with it says so. What a night
    left behind that was killed while it wrote is removed. The caller holds the lock of the shop. Returns how many are
    on it.
    """
    _remove_unfinished(home)
    if not (home.current / MARTS_FILE).exists():
        return 0
    erasures = erased.read(home.root)
    try:
        return write_down(home, erasures.name)
    except duckdb.Error:
        return 0


def write_down(home: Home, is_forgotten: Callable[[str], bool] = lambda customer: False) -> int:
    """Add the list in force to the ledger, in place of what it had of the same day. Returns how many are on it.

    Customers who are forgotten stay off it.
    """
    if home.as_of is not None:
        return 0
    with duckdb.connect(str(home.current / MARTS_FILE), read_only=True) as connection:
        listed = connection.execute(
            "select as_of_date, customer_id, reason, is_held_out from marts.retention_list, metadata.as_of "
            "order by customer_id"
        ).fetchall()
        (day,) = connection.execute("select as_of_date from metadata.as_of").fetchone()
    before = _rows(home.root / FILE)
    kept = [row for row in before if row[0] != day.isoformat()]
    added = [
        (on.isoformat(), customer, reason, str(held).lower())
        for on, customer, reason, held in listed
        if not is_forgotten(customer)
    ]
    if not (home.root / FILE).exists() or sorted(before) != sorted([*kept, *added]):
        _write(home, [*kept, *added])
    return len(added)


def forget(home: Home, is_forgotten: Callable[[str], bool]) -> None:
    """Take customers off all lists, and remove what a night that was killed while it wrote left of one."""
    _remove_unfinished(home)
    rows = _rows(home.root / FILE)
    kept = [row for row in rows if not is_forgotten(row[1])]
    if len(kept) < len(rows):
        _write(home, kept)


def _write(home: Home, rows: list[tuple[str, str, str, str]]) -> None:
    unfinished = home.root / UNFINISHED
    # Python quotes no carriage return, which ends a row all the same. A ledger without one keeps its bytes.
    quoting = csv.QUOTE_ALL if any("\r" in customer for _, customer, _, _ in rows) else csv.QUOTE_MINIMAL
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=quoting)
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows))
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, home.root / FILE)


def _remove_unfinished(home: Home) -> None:
    (home.root / UNFINISHED).unlink(missing_ok=True)


def read(root: Path | None) -> pa.Table:
    """The ledger of the home at `root`: listed_on, customer_id, reason, is_held_out; empty where there is none yet."""
    rows = [] if root is None else _rows(root / FILE)
    return pa.Table.from_pylist(
        [
            {
                "listed_on": date.fromisoformat(on),
                "customer_id": customer,
                "reason": reason,
                "is_held_out": held == "true",
            }
            for on, customer, reason, held in rows
        ],
        schema=SCHEMA,
    )


def content(root: Path, before: str | None) -> bytes:
    """What the ledger holds of days before this one, or all of it: the same bytes for the same lists."""
    file = root / FILE
    if before is None:
        return file.read_bytes() if file.exists() else b""
    return repr([row for row in _rows(file) if row[0] < before]).encode()


def _rows(file: Path) -> list[tuple[str, str, str, str]]:
    """All rows; none where there is no ledger yet. LandingError where it is not as `_write` leaves it."""
    if not file.exists():
        return []
    # Ledgers of before hold carriage returns that are not quoted. No number holds a NUL: it stands for them meanwhile.
    try:
        text = re.sub(r"\r(?!\n)", "\0", file.read_bytes().decode("utf-8-sig"))
        header, *lines = csv.reader(io.StringIO(text, newline=""))
        rows = [_row(*(value.replace("\0", "\r") for value in line)) for line in lines if line]
        if tuple(header) == COLUMNS:
            return rows
    except (TypeError, ValueError, csv.Error):
        pass
    raise LandingError(
        f"{file} holds the retention lists of past days, and is damaged: expected {','.join(COLUMNS)}, days such as "
        "2025-01-31 and true or false, as a program that saves it anew may not leave them. Put back a copy of it; "
        "where there is none, take the file away: then nobody knows who was on these lists."
    )


def _row(on: str, customer: str, reason: str, held: str) -> tuple[str, str, str, str]:
    """A row of the ledger. ValueError where it is none."""
    if date.fromisoformat(on).isoformat() != on or held not in ("true", "false"):
        raise ValueError(on, held)
    return on, customer, reason, held
