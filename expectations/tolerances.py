"""What a shop tolerates of its inputs: `seeds/settings/input_tolerances.csv`, edited by a business person."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.paths import PROJECT

FILE = PROJECT / "seeds" / "settings" / "input_tolerances.csv"


class ToleranceError(ValueError):
    """The settings cannot be used; the message says which line and what was expected."""


@dataclass(frozen=True)
class Tolerance:
    """Refused rows as shares, 0 to 1: of all rows of a table, and of those of its last load. And for how many days it
    may be silent, None for any number."""

    refused: float
    refused_of_last_load: float
    silent_after_days: int | None


def tolerances(tables: Iterable[str], file: Path = FILE) -> dict[str, Tolerance]:
    """The tolerance of each of these tables, by name.

    Raises ToleranceError where a table has none, has two, a share is no number from 0 to 1, or days are no whole number
    above 0.
    """
    found: dict[str, Tolerance] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            table = row["table_name"]
            if table in found:
                raise ToleranceError(f"{file.name}: {table} is named twice; each table has one line.")
            found[table] = Tolerance(
                _share(row, "tolerated_refused_share", file),
                _share(row, "tolerated_refused_share_of_last_load", file),
                _days(row, "silent_after_days", file),
            )
    wanted = tuple(tables)
    if missing := [table for table in wanted if table not in found]:
        raise ToleranceError(f"{file.name}: no line for {', '.join(missing)}; each input table needs one.")
    return {table: found[table] for table in wanted}


def _share(row: dict[str, str], column: str, file: Path) -> float:
    text = row.get(column)
    try:
        share = float(text or "")
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ToleranceError(f"{file.name}: {column} of {row['table_name']} is {text!r}; expected a share from 0 to 1.")
    return share


def _days(row: dict[str, str], column: str, file: Path) -> int | None:
    text = row.get(column)
    if text == "":
        return None
    if text is None or not text.isdecimal() or int(text) == 0:
        raise ToleranceError(
            f"{file.name}: {column} of {row['table_name']} is {text!r}; "
            "expected a whole number of days above 0, or nothing."
        )
    return int(text)
