"""Which suites there are. Imports no Great Expectations, so that Dagster can define its checks at once."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from pathlib import Path

from orchestration import contract

STAGES = ("arriving", "leaving")


@dataclass(frozen=True, order=True)
class Suite:
    """A suite: what is judged there and then. `name` is the table judged, and the `suite` of its results."""

    stage: str
    name: str


def suites(stage: str) -> tuple[Suite, ...]:
    """The suites of a stage: arriving in the order of the contract, leaving by name.

    A table of the contract has an arriving suite because it is in the contract; a table that leaves has one because a
    module of its name lies in `expectations/leaving`. Raises ValueError for a stage that is none of `STAGES`.
    """
    if stage == "arriving":
        return tuple(Suite(stage, name) for name in contract.tables())
    if stage == "leaving":
        folder = Path(__file__).resolve().parent / "leaving"
        return tuple(Suite(stage, module.name) for module in sorted(pkgutil.iter_modules([str(folder)])))
    raise ValueError(f"There is no stage {stage!r}; the stages are {' and '.join(STAGES)}.")
