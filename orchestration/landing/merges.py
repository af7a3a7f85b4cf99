"""Which accounts are merged, by the rows that have landed: an erasure has to know it before anything is built.

Which row of an account counts is what staging rules (macros/contract.sql): the latest that breaks no rule and that no
other row of its load contradicts. A test holds both to the same accounts. Besides, what later rows say of a merge is
followed though they are refused: with the person goes the number that the row names, and then nobody would know any
more whose account it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from orchestration import contract
from orchestration.landing import store
from orchestration.landing.settings import landed_settings, opened_at

ACCOUNT, KEPT = "customer_id", "merged_into_customer_id"

Version = tuple[bool, datetime | None, int]
"""What orders the rows of an account: rows without a time come before those that have one, then the load."""


@dataclass
class _Account:
    """What the rows of an account say: the version that counts with the accounts it names, and refused ones by name."""

    counts: Version | None = None
    into: set[str] = field(default_factory=set)
    refused: dict[str, Version] = field(default_factory=dict)

    def hear(self, version: Version, into: set[str], is_refused: bool) -> None:
        """Take what the rows of a version say, in whatever order versions come."""
        if is_refused:
            self.refused |= {other: max(version, self.refused.get(other, version)) for other in into}
        elif self.counts is None or self.counts <= version:
            self.counts, self.into = version, into

    def merged_into(self) -> set[str]:
        """The accounts that the row that counts names, and that refused rows do which came after it."""
        return self.into | {
            other for other, version in self.refused.items() if not self.counts or self.counts < version
        }


@dataclass(frozen=True)
class _Shop:
    """By what the rules of the contract judge a row besides the row itself."""

    opened_at: datetime
    loaded_at: dict[int, datetime]
    shows_numbers: bool


def pairs(landed: Path) -> list[tuple[str, str]]:
    """Each account that is merged into another now, with that one."""
    folder, shop = landed / "customers", _shop(landed)
    accounts: dict[str, _Account] = defaultdict(_Account)
    for load_id, rows in groupby(_rows(folder, _ever_merged(folder)), key=lambda row: row["load_id"]):
        versions: dict[tuple[str, Version], list[dict]] = defaultdict(list)
        for row in rows:
            updated_at = row.get("updated_at")
            versions[row[ACCOUNT], (updated_at is not None, updated_at, load_id)].append(row)
        for (account, version), rivals in versions.items():
            # Unreadable rows say nothing here: a field too many moves the referrer to where the account kept stands.
            into = {row.get(KEPT) for row in rivals if row["unreadable"] is None} - {None}
            accounts[account].hear(version, into, _are_refused(rivals, shop))
    return [(account, other) for account, said in accounts.items() for other in sorted(said.merged_into())]


def _shop(landed: Path) -> _Shop:
    settings = landed_settings(landed)
    return _Shop(
        opened_at(landed),
        {row["load_id"]: row["loaded_at"] for row in store.read_manifest(landed).to_pylist()},
        settings["customer_ids"] != "keyed",
    )


def _ever_merged(folder: Path) -> pa.Array:
    """The accounts of which a row says so, whichever: most never were, and only of these all versions are looked at."""
    ever: set[str] = set()
    for group in store.row_groups(folder, [ACCOUNT, KEPT]):
        if KEPT in group.column_names:
            ever |= set(pc.unique(group.filter(pc.is_valid(group.column(KEPT))).column(ACCOUNT)).to_pylist())
    return pa.array(sorted(ever - {None}), pa.string())


def _rows(folder: Path, accounts: pa.Array) -> Iterator[dict]:
    """All rows of these accounts, load by load."""
    if not len(accounts):
        return
    names = [column.name for column in _columns()]
    for group in store.row_groups(folder, [*names, "load_id", "unreadable", "payload"]):
        yield from group.filter(pc.is_in(group.column(ACCOUNT), value_set=accounts)).to_pylist()


def _are_refused(rivals: list[dict], shop: _Shop) -> bool:
    """Whether the rows of one version do not count: they contradict each other, or break a rule."""
    return len({tuple(row.values()) for row in rivals}) > 1 or _breaks_a_rule(rivals[0], shop)


def _breaks_a_rule(row: dict, shop: _Shop) -> bool:
    if row["unreadable"] is not None:
        return True
    given = [(column, row[column.name]) for column in _columns() if row.get(column.name) is not None]
    return any(
        (column.event and not shop.opened_at <= value <= shop.loaded_at[row["load_id"]])
        or (column.customer and shop.shows_numbers and _is_address(value))
        for column, value in given
    )


def _is_address(number: str) -> bool:
    """Whether a customer's number is an e-mail address or a telephone number, as the contract's rule has it."""
    return "@" in number[1:-1] or (number.startswith("+") and len(number) > 7)


def _columns() -> tuple[contract.Column, ...]:
    return contract.tables()["customers"].columns
