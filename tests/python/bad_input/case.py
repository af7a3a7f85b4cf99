"""One row of the table: a spoilt shop, and what must happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Spoil = Callable[[Path], None]
"""Spoils the files of a good shop that lie in a folder."""

Fates = Mapping[str, int]
"""Rows by fate; a fate without rows is not named."""


@dataclass(frozen=True)
class Case:
    """What is done to the files of a good shop, and what must happen.

    Either the landing stops with a sentence that holds all of `stops_with`, or the files land: then each table has
    the rows by fate of `fates`, or, where it is not named, those of the good shop; `reasons` names, for each table
    with quarantined rows, what their reasons say; `kept` are queries on the judged tables with the rows they must
    yield, values exactly as they came; `says` are words in what the landing reports.

    `then` spoils the folder of a second night, and all of the above holds after both. `while_read` is done to the
    folder while its first file is read.
    """

    id: str
    spoil: Spoil
    stops_with: tuple[str, ...] = ()
    fates: Mapping[str, Fates] = field(default_factory=dict)
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, list[tuple]] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    then: Spoil | None = None
    while_read: Spoil | None = None


def stops(name: str, spoil: Spoil, *words: str, while_read: Spoil | None = None) -> Case:
    """The landing stops with a sentence that holds all of these words."""
    assert words, f"{name}: what does the sentence say?"
    return Case(name, spoil, stops_with=words, while_read=while_read)


def lands(
    name: str,
    spoil: Spoil,
    fates: Mapping[str, Fates] | None = None,
    reasons: Mapping[str, tuple[str, ...]] | None = None,
    kept: Mapping[str, list[tuple]] | None = None,
    says: tuple[str, ...] = (),
    then: Spoil | None = None,
) -> Case:
    """The files land; every table that is not named is as in the good shop."""
    return Case(name, spoil, fates=fates or {}, reasons=reasons or {}, kept=kept or {}, says=says, then=then)
