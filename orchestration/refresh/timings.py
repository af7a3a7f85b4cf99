"""How long the stages of a refresh took, kept in the private folder until they are published."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

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
    file(home).parent.mkdir(parents=True, exist_ok=True)
    file(home).write_text(json.dumps({**_stages(home), stage: round(seconds, 3)}), encoding="utf-8")


def read(home: Home) -> list[tuple[str, str | None, Decimal]]:
    """Stage, name and seconds: of each stage noted, and of each model and test of the last build."""
    stages = [(stage, None, Decimal(str(seconds))) for stage, seconds in _stages(home).items()]
    results = home.target / "run_results.json"
    built = json.loads(results.read_text(encoding="utf-8"))["results"] if results.exists() else []
    steps = [
        (DBT, step["unique_id"].split(".", 2)[2], Decimal(str(round(step.get("execution_time") or 0, 3))))
        for step in built
    ]
    return [*stages, *sorted(steps)]


def _stages(home: Home) -> dict[str, float]:
    return json.loads(file(home).read_text(encoding="utf-8")) if file(home).exists() else {}
