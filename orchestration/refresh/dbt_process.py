"""dbt as a process that Dagster follows: started on what is selected, its events read as they come."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO, TypeVar

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging.version import Version

from orchestration import parsed
from orchestration.paths import PROJECT, Home
from orchestration.refresh import failing_rows, models, tied
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings

TIED = (sys.executable, "-m", "orchestration.refresh.tied")
"""What is started so ends with this process."""

PROGRESS_SECONDS = 10.0

FAILURES_SHOWN = 3

Item = TypeVar("Item")


class Translator(DagsterDbtTranslator):
    """How a dbt resource is called in Dagster: by its schema and its name, as in the warehouse."""

    def get_asset_key(self, dbt_resource_props: Any) -> dg.AssetKey:
        """`landed/orders` for a source, `marts/customer_profit` for a model, `settings/rfm_segments` for a seed."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Any) -> str:
        """The layer, which is also the schema."""
        return dbt_resource_props["schema"]


def start(settings: Settings, context: dg.AssetExecutionContext, manifest: dict[str, Any]) -> DbtCliInvocation:
    """Start dbt on what Dagster has selected.

    Not through `DbtCliResource.cli`, which first starts `dbt --version` (a request to the package index, and seconds)
    and loads the adapter into this process (seconds more) for metadata that nothing here asks for.
    """
    target = settings.home.target
    models.run_results_file(settings.home).unlink(missing_ok=True)
    selection = get_updated_cli_invocation_params_for_context(context, manifest, Translator())
    environment = {
        **models.environment(settings),
        "DBT_LOG_FORMAT": "json",
        "DBT_TARGET_PATH": str(target),
        "PYTHONUNBUFFERED": "1",
        tied.STARTED_BY: str(os.getpid()),
    }
    if selection.indirect_selection:
        environment["DBT_INDIRECT_SELECTION"] = selection.indirect_selection
    return DbtCliInvocation.run(
        args=[*TIED, *parsed.dbt(*models.build_arguments(settings), *selection.selection_args)],
        env=environment,
        manifest=selection.manifest,
        dagster_dbt_translator=selection.dagster_dbt_translator,
        project_dir=PROJECT,
        target_path=target,
        raise_on_error=True,
        context=context,
        adapter=None,
        cli_version=Version(version("dbt-core")),
    )


def quietly(items: Iterator[Item], log: TextIO) -> Iterator[Item]:
    """The same items; what making them prints goes to the log, and only that."""
    while True:
        with redirect_stdout(log):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def counted(items: Iterator[Item], total: int, tell: Callable[[str], None]) -> Iterator[Item]:
    """The same items; now and then a line says how many models and tests of how many are done."""
    done = 0
    next_line_at = time.monotonic() + PROGRESS_SECONDS
    for item in items:
        done += isinstance(item, dg.Output | dg.AssetCheckResult)
        if time.monotonic() >= next_line_at:
            tell(f"models and tests: {done} of {total} done")
            next_line_at = time.monotonic() + PROGRESS_SECONDS
        yield item


def log_file(home: Home) -> Path:
    """What dbt printed in the last build."""
    return home.private / "logs" / "dbt_console.log"


def test_results(home: Home, manifest: dict[str, Any]) -> list[CheckResult]:
    """The tests of the last build, with the rows that failed; none where it did not come to them."""
    run_results = read_run_results(home)
    return models.check_results(manifest, run_results, failing_rows.examples(home, manifest, run_results))


def read_run_results(home: Home) -> dict[str, Any]:
    """What dbt found in the last build; no results where it did not come to build anything."""
    file = models.run_results_file(home)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"results": []}


def why_it_failed(home: Home, manifest: dict[str, Any], error: DagsterDbtCliRuntimeError) -> str:
    """The failed build in a sentence or two: the first failures, or dbt's own last words where it built nothing."""
    run_results = read_run_results(home)
    found = models.failures(manifest, run_results, failing_rows.examples(home, manifest, run_results))
    if not found:
        return f"dbt could not build the models: {' '.join(str(error).split())[-600:]}"
    more = f"; and {len(found) - FAILURES_SHOWN} more" if len(found) > FAILURES_SHOWN else ""
    return f"{'; '.join(found[:FAILURES_SHOWN])}{more}. dbt's log is {log_file(home)}."
