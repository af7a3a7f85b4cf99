"""Metrics by MetricFlow, asked of the published file: `python -m orchestration.metrics`, which `make metrics` calls.

A metric is defined once, in `models/semantic/`, and MetricFlow writes the SQL for whatever it is to be grouped by. Its
command `mf` expects a project folder with dbt's semantic manifest in it and takes the profile's default target: this
prepares such a folder in the private one, names the target, and hands the arguments on.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from orchestration import parsed
from orchestration.landing import connectors
from orchestration.paths import PROJECT
from orchestration.publish import MARTS_FILE
from orchestration.refresh import lock, models
from orchestration.refresh.settings import Settings, SettingsError, resolve

TARGET = "published"
"""The published file, as `profiles.yml` names it."""

FOLDER = "metrics"


class MetricsError(Exception):
    """Nothing can be asked; the message says what to do first."""


def published(settings: Settings) -> Path:
    """The published file. Raises MetricsError where there is none."""
    file = settings.home.current / MARTS_FILE
    if not file.is_file():
        raise MetricsError(f"Nothing is published in {settings.home.published} yet: `make run` publishes.")
    return file


def semantic_manifest(settings: Settings) -> Path:
    """What dbt has written down about metrics: prepared where the project has changed since.

    Raises LockHeld where the first refresh is under way, ModelsError where the project does not parse.
    """
    try:
        with lock.hold(settings.home):
            models.prepare_manifest(settings)
    except lock.LockHeld:
        # A refresh under way has prepared it, unless it has just begun.
        if not models.manifest_file(settings.home).exists():
            raise
    return settings.home.target / parsed.SEMANTICS


def prepare(settings: Settings) -> dict[str, str]:
    """Lay out the folder that `mf` works in. Returns the environment that leads it there, and to the published file.

    Raises MetricsError where nothing is published, or MetricFlow is not installed.
    """
    file = published(settings)
    if find_spec("dbt_metricflow") is None:
        raise MetricsError("MetricFlow is not installed here: `make metrics` installs it.")
    folder = settings.home.private / FOLDER
    _link(folder / "dbt_project.yml", PROJECT / "dbt_project.yml")
    _link(folder / "profiles.yml", PROJECT / "profiles.yml")
    _link(folder / "target" / parsed.SEMANTICS, semantic_manifest(settings))
    return {
        **models.environment(settings),
        "DBT_TARGET": TARGET,
        "DBT_PROJECT_DIR": str(folder),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_LOG_PATH": str(folder / "logs"),
        "WAREHOUSE_PUBLISHED": str(file),
    }


def ask(settings: Settings, arguments: Sequence[str]) -> int:
    """`mf` with these arguments, in this process. Returns its exit code."""
    os.environ.update(prepare(settings))
    os.chdir(os.environ["DBT_PROJECT_DIR"])
    from dbt_metricflow.cli import main as metricflow

    metricflow.UpdateChecker = NoUpdates
    try:
        metricflow.cli(list(arguments), prog_name="mf")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


class NoUpdates:
    """Stands where `mf` asks the package index for a newer version, each time: the lock says which one it is."""

    def check(self, name: str, version: str) -> None:
        """There is none."""


def _link(link: Path, to: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(to)


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask what the arguments ask for; without a command, list what can be asked. 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.metrics", description="Metrics of what is published, by MetricFlow."
    )
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--input", help="not read; the same arguments as a refresh")
    parser.add_argument("--as-of", help="ask what was published for this day")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what mf is asked: query --metrics … --group-by …")
    asked = parser.parse_args(arguments)
    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        return ask(settings, asked.command or ["list", "metrics"])
    except (MetricsError, SettingsError, lock.LockHeld, models.ModelsError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
