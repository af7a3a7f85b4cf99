"""Everything Dagster is told, put together for one shop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from orchestration import contract
from orchestration.refresh.assets import landing_assets, model_assets, publication_assets
from orchestration.refresh.audits import Auditor
from orchestration.refresh.checks import audit_checks, freshness_checks
from orchestration.refresh.past_days import past_days, past_days_job
from orchestration.refresh.schedule import failed_night_sensor, nightly_job, nightly_schedule, repair_job
from orchestration.refresh.settings import Settings


def auditors_of(settings: Settings) -> dict[str, Auditor]:
    """The two audits of a refresh, not started yet."""
    return {stage: Auditor(stage, settings) for stage in ("arriving", "leaving")}


def definitions(
    settings: Settings,
    manifest: dict[str, Any],
    auditors: Mapping[str, Auditor] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> dg.Definitions:
    """The assets, checks, jobs and schedule of this shop.

    `auditors` may be under way already; `tell` gets a line from each step as it ends.
    """
    job = nightly_job()
    auditors = auditors or auditors_of(settings)
    return dg.Definitions(
        assets=[
            landing_assets(settings, auditors, tell),
            model_assets(settings, manifest, auditors, tell),
            *publication_assets(settings, manifest, tell),
            past_days(settings),
        ],
        asset_checks=[
            *audit_checks(settings, manifest, auditors, tell),
            freshness_checks(settings, contract.tables()),
        ],
        jobs=[job, repair_job(), past_days_job()],
        schedules=[nightly_schedule(settings, job)],
        sensors=[failed_night_sensor(settings, job)],
    )
