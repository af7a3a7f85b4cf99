"""What is measured: the shop's files, the models by what they are about, the audits, the publication."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from orchestration import compiled, publish
from orchestration.benchmark.engine import connect
from orchestration.benchmark.floor import CHIEF, FACTS
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import Home

CHIEF_MARTS = "chief marts"

RUN = publish.Run("benchmark", "demo", datetime(2026, 1, 1, tzinfo=UTC))


def parts(project: compiled.Project) -> dict[str, list[str]]:
    """All models and seeds by stage, each once, so that each stage needs only itself and those before it.

    A model is in the first stage that needs it.
    """
    nodes = project.nodes
    asked: dict[str, Iterable[str]] = {
        "staging": [name for name, node in nodes.items() if node.schema in ("staging", "settings")],
        "facts": FACTS,
        CHIEF_MARTS: CHIEF,
        "lifetime value": _marts(project, "lifetime_value"),
        "segments": _marts(project, "segments"),
        "products": _marts(project, "products"),
        "acquisition and retention": [*_marts(project, "acquisition"), *_marts(project, "retention")],
        "the rest": nodes,
    }
    found: dict[str, list[str]] = {}
    built: set[str] = set()
    for stage, wanted in asked.items():
        found[stage] = [name for name in project.upstream_of(*wanted) if name not in built]
        built.update(found[stage])
    return found


def _marts(project: compiled.Project, about: str) -> list[str]:
    return [name for name, node in project.nodes.items() if node.schema == "marts" and node.file.parent.name == about]


def scores(project: compiled.Project) -> list[str]:
    """What scores customers tonight, from the chief marts on, once past cuts have said which candidate scores."""
    there = set(project.upstream_of(*CHIEF, "winning_candidate"))
    return [name for name in project.upstream_of("customer_scores") if name not in there]


def make_shop(source: Path, lines: int) -> None:
    """The shop's files, where they are not there yet."""
    generate(source, lines=lines, workers=1, progress=_silent)


def land_shop(source: Path, home: Home) -> None:
    """Land what is new of them."""
    land(source, home, progress=_silent)


def build(
    home: Home, memory: str, project: compiled.Project, names: Sequence[str], drop: Collection[str] = ()
) -> dict[str, float]:
    """Build these models into the private warehouse, and drop tables then. Returns the seconds of each model."""
    seconds = {}
    with closing(connect(home, memory)) as connection:
        compiled.open_warehouse(connection, project, home.warehouse)
        compiled.read_landed(connection, home)
        for name in names:
            started = time.perf_counter()
            compiled.build(connection, project, [name], rows_at_once=compiled.rows_made_at_once())
            seconds[name] = round(time.perf_counter() - started, 2)
        for name in drop:
            connection.execute(f"drop table {project.nodes[name].relation}")
    return seconds


def read_no_more(project: compiled.Project, parts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """By stage, the tables that it is the last one to read or to make, itself or through a view."""
    last: dict[str, str] = {}
    for stage, names in parts.items():
        waiting, seen = list(names), set(names)
        while waiting:
            node = project.nodes[waiting.pop()]
            if not node.is_view and node.kind != "seed":
                last[node.name] = stage
            if node.is_view or node.name in names:
                found = [parent for parent in node.parents if parent in project.nodes and parent not in seen]
                seen.update(found)
                waiting += found
    return {stage: [name for name, its_last in last.items() if its_last == stage] for stage in parts}


def run_tests(home: Home, memory: str, project: compiled.Project) -> tuple[int, list[str]]:
    """Run dbt's tests as it compiled them. Returns how many there are, and the names of those that found a row."""
    red = []
    with closing(connect(home, memory)) as connection:
        compiled.open_warehouse(connection, project, home.warehouse)
        for test in project.tests.values():
            if connection.execute(f"select count(*) from ({test.sql}\n) as failing").fetchone() != (0,):
                red.append(test.name)
    return len(project.tests), red


def judge(home: Home) -> tuple[int, list[str]]:
    """Judge what arrived and what leaves, as a night does. Returns how many claims there are, and the red ones."""
    # Imported here and not above: Great Expectations takes seconds, which are a part of what it costs.
    from expectations import judge

    found = [*judge.judge_arriving(home, _silent), *judge.judge_leaving(home, _silent)]
    return len(found), [result.sentence() for result in found if not result.passed]


def publish_marts(home: Home) -> None:
    """Copy the marts into a file to publish and into Parquet, and compare both with what was audited."""
    shutil.rmtree(home.published, ignore_errors=True)
    publish.prepare(home, RUN, [])
    publish.put_in_force(home, RUN.run_id)


def _silent(_: str) -> None:
    """Progress nobody reads."""
