"""When the refresh runs by itself: every night, and never beside another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from orchestration.refresh import alerts, lock
from orchestration.refresh.past_days import PAST_DAYS
from orchestration.refresh.settings import Settings, time_zone

if TYPE_CHECKING:
    # Dagster gives this class no public name.
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NIGHTLY = "nightly"
REPAIR = "repair"

QUIET = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
"""Every event is in the history; on the console of the page only what went wrong."""

CRON = "0 2 * * *"
"""02:00: the shop's day is complete, also when the clocks change, and the tables are there before anyone opens them."""

ABOUT_TO_START = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING]
ABOUT_TO_START_FOR = timedelta(hours=1)
"""A run that has not begun within an hour never will: its process died before it could say so."""


def nightly_job() -> UnresolvedAssetJobDefinition:
    """Everything, in one process: the steps share one lock and one warehouse file, so more would only wait."""
    return dg.define_asset_job(
        NIGHTLY,
        selection=everything(),
        executor_def=dg.in_process_executor,
        config=QUIET,
        description="Landing, models, audits, publication: the whole refresh of the shop.",
    )


def repair_job() -> UnresolvedAssetJobDefinition:
    """The same, with tables that are made anew whole: the launchpad names them."""
    return dg.define_asset_job(
        REPAIR,
        selection=everything(),
        executor_def=dg.in_process_executor,
        config={**QUIET, "ops": {"models": {"config": {"forget": ["schema.table"]}}}},
        description="A refresh that first forgets what was kept of a table and of all that is built on it. Name the "
        "table in the launchpad, in the place of schema.table.",
    )


def everything() -> dg.AssetSelection:
    """What a refresh of the shop is made of: all assets but the past days, which are refreshes of their own."""
    return dg.AssetSelection.all() - dg.AssetSelection.assets(PAST_DAYS)


def failed_night_sensor(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Tells of a failed night of the schedule; off where nobody is to be told. A run by hand tells of itself."""

    @dg.run_failure_sensor(
        name="tell_of_a_failed_night",
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING if alerts.are_on() else dg.DefaultSensorStatus.STOPPED,
        description="A command and a web address (WAREHOUSE_ALERT_COMMAND, WAREHOUSE_ALERT_WEBHOOK) are told.",
    )
    def tell_of_a_failed_night(context: dg.RunFailureSensorContext) -> None:
        if context.dagster_run.tags.get("started_by") == "command line":
            return
        from orchestration import run

        events = [record.event_log_entry.dagster_event for record in records(context)]
        told = run.paragraph(run.why_it_failed(event for event in events if event), settings.home)
        alerts.send(settings.shop, told, context.log.warning)

    return tell_of_a_failed_night


def records(context: dg.RunFailureSensorContext) -> list[dg.EventLogRecord]:
    """All events of the failed run, as Dagster keeps them."""
    return list(context.instance.get_records_for_run(context.dagster_run.run_id).records)


def nightly_schedule(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The job at 02:00 in the shop's time zone, skipped with a reason while a refresh is under way."""

    @dg.schedule(
        name="every_night",
        job=job,
        cron_schedule=CRON,
        execution_timezone=time_zone(settings.home),
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # Whether a run that has begun is still alive, its lock knows; Dagster only knows what it was last told.
        if lock.is_held_elsewhere(settings.home):
            return dg.SkipReason(f"A refresh is under way in {settings.home.root}.")
        since = datetime.now(UTC) - ABOUT_TO_START_FOR
        waiting = context.instance.get_runs(
            RunsFilter(job_name=NIGHTLY, statuses=ABOUT_TO_START, created_after=since), limit=1
        )
        if waiting:
            return dg.SkipReason(f"The run {waiting[0].run_id} is about to start.")
        # One run a tick: the key keeps a restarted daemon from starting the same night twice.
        return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())

    return every_night
