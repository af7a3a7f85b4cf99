"""A shop from its files to its publication in seconds: the parts of a refresh, called one after the other.

The same landing, models, tests, audits, copy and page as a night's; without dbt's process and Dagster's job, which take
a minute of any shop, however small. What those two add has tests of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from conftest import ONE_THREAD, Shop

from expectations import judge
from orchestration import compiled, publish, report
from orchestration.landing import land
from orchestration.paths import Home
from orchestration.refresh import summary
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings, model_vars

STARTED_AT = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)


def build(folder: Path, root: Path, connector: str | None = None) -> Shop:
    """The shop of these files in a home of its own. Raises PublishError where a critical check is red.

    `connector` names the connector that reads them, where they do not follow the contract.
    """
    home = Home((root / "home").resolve())
    land(folder, home, progress=_silent, connector=connector)
    return build_landed(home)


def build_landed(home: Home) -> Shop:
    """The shop that has landed there, as of the day of its home."""
    with closing(duckdb.connect(config=ONE_THREAD)) as connection:
        project = fill(connection, home)
        tested = [test_result(connection, test) for test in project.tests.values()]
    assert len(tested) >= 400
    results = [*judge.judge_arriving(home, _silent), *tested, *judge.judge_leaving(home, _silent)]
    run = publish.Run(publish.new_run_id(STARTED_AT, "at_once_"), name_of(home), STARTED_AT)
    publish.publish(home, run, results, report.build)
    return Shop(home, printed="\n" + "\n".join(summary.lines(summary.read(home), home, seconds=0)))


def fill(connection: duckdb.DuckDBPyConnection, home: Home, names: Sequence[str] = ()) -> compiled.Project:
    """The private warehouse of a shop that has landed, with these tables and what they are built from; else all.

    Returns the project, compiled for the shop.
    """
    project = compiled.compile_project(model_vars(Settings(name_of(home), home)))
    home.private.mkdir(parents=True, exist_ok=True)
    compiled.open_warehouse(connection, project, home.warehouse)
    compiled.read_landed(connection, home)
    compiled.build(connection, project, project.upstream_of(*names) if names else list(project.nodes))
    return project


def name_of(home: Home) -> str:
    """The shop that has landed there."""
    return json.loads((home.landed / "shop.json").read_text(encoding="utf-8"))["shop"]


def test_result(connection: duckdb.DuckDBPyConnection, test: compiled.Node) -> CheckResult:
    """What a test of dbt finds. Each is critical here, also one that only warns a person."""
    rows = connection.execute(f"select count(*) from ({test.sql}\n) as failing").fetchone()[0]
    return CheckResult("dbt", test.name, test.description or test.name, None, True, rows == 0, rows, None)


def _silent(_: str) -> None:
    """Nobody reads how far it is."""
