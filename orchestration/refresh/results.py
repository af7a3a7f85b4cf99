"""What a check found, whoever made the check: dbt, or Great Expectations on what arrives and what leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from orchestration.landing import store

STAGES = ("dbt", "arriving", "leaving")


@dataclass(frozen=True)
class CheckResult:
    """One check and its outcome: a row of `metadata.check_results`.

    `suite` is the table judged, `expectation` a sentence that reads as a claim, `column` the column judged where it
    is one, `unexpected_count` the rows that break the claim where they can be counted, `detail` what was seen.
    A critical check that did not pass stops publishing.
    """

    stage: str
    suite: str
    expectation: str
    column: str | None
    is_critical: bool
    passed: bool
    unexpected_count: int | None
    detail: str | None

    @property
    def stops_publishing(self) -> bool:
        """Whether nothing may be published because of this result."""
        return self.is_critical and not self.passed

    def sentence(self) -> str:
        """The result as one line for a person: where, what was claimed, what was seen."""
        place = f"{self.suite}.{self.column}" if self.column else self.suite
        seen = f" ({self.detail})" if self.detail else ""
        return f"{place}: {self.expectation}{seen}"


def in_order(results: Iterable[CheckResult]) -> list[CheckResult]:
    """The same results in the one order in which they are published, whatever order the checks ran in."""
    return sorted(
        results,
        key=lambda result: (
            STAGES.index(result.stage),
            result.suite,
            result.column or "",
            result.expectation,
            result.detail or "",
        ),
    )


def read(file: Path) -> list[CheckResult]:
    """Results as an audit wrote them: a JSON list of objects with exactly the fields of `CheckResult`.

    Raises ValueError naming the file where a field is missing, unknown, or the stage is none of `STAGES`.
    """
    names = {field.name for field in fields(CheckResult)}
    results = []
    for entry in json.loads(file.read_text(encoding="utf-8")):
        if set(entry) != names or entry["stage"] not in STAGES:
            raise ValueError(
                f"{file}: a check result must have exactly {', '.join(sorted(names))}, with a stage of "
                f"{', '.join(STAGES)}; found {entry}."
            )
        results.append(CheckResult(**entry))
    return results


def are_there(file: Path) -> bool:
    """Whether there are results that `read` can give. A file that holds none, as a disk may leave it, is removed."""
    if not file.exists():
        return False
    try:
        read(file)
    except (TypeError, ValueError):
        file.unlink()
        return False
    return True


def write(file: Path, results: Iterable[CheckResult]) -> None:
    """Write results so that `read` gives them back, in one step."""
    store.write_text(file, json.dumps([asdict(result) for result in results], indent=1))
