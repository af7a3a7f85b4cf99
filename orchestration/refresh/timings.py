"""How long the stages of a refresh took, kept in the private folder until they are published."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.landing import store
from orchestration.paths import Home

DBT = "dbt"


def file(home: Home) -> Path:
    """Seconds by stage."""
    return home.private / "timings.json"


def begin(home: Home) -> None:
    """Forget the stages of the run before."""
    file(home).unlink(missing_ok=True)


def note(home: Home, stage: str, seconds: float) -> None:
    """Add a stage, or what it took now."""
    store.write_text(file(home), json.dumps({**_stages(home), stage: round(seconds, 3)}))


def read(home: Home) -> list[tuple[str, str | None, Decimal]]:
    """Stage, name and seconds: of each stage noted, and of each model and test of the last build."""
    stages = [(stage, None, Decimal(str(seconds))) for stage, seconds in _stages(home).items()]
    built = _read(home.target / "run_results.json").get("results", [])
    steps = [
        (DBT, step["unique_id"].split(".", 2)[2], Decimal(str(round(step.get("execution_time") or 0, 3))))
        for step in built
    ]
    return [*stages, *sorted(steps)]


def _stages(home: Home) -> dict[str, float]:
    return _read(file(home))


def _read(noted: Path) -> dict[str, Any]:
    """What a file says; nothing where it was cut off, by a power cut: how long something took must not stop a night."""
    try:
        return json.loads(noted.read_text(encoding="utf-8")) if noted.exists() else {}
    except ValueError:
        return {}
