"""Past days as Dagster sees them: one asset, whose partitions are the days since the shop opened."""

from datetime import date

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration import backfill
from orchestration.refresh.assets import POOL, failing_plainly, landed_key, landed_tables
from orchestration.refresh.settings import Settings, SettingsError, opened_on, time_zone

PAST_DAYS = dg.AssetKey(["published", "past_days"])

JOB = "past_days"


def past_days(settings: Settings) -> dg.AssetsDefinition:
    """What is published below `as_of/`, a partition a day. Each day has a lock of its own, which its process takes."""

    @dg.asset(
        key=PAST_DAYS,
        deps=[landed_key(table) for table in landed_tables()],
        partitions_def=dg.DailyPartitionsDefinition(
            start_date=opened_on(settings.home).isoformat(), timezone=time_zone(settings.home)
        ),
        group_name="published",
        kinds={"duckdb", "parquet", "html"},
        pool=POOL,
        description="The shop as of a past day, built from what has landed and published beside the nightly tables; "
        "a day that is there, made of the same, is left alone.",
    )
    def past_day(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with failing_plainly(backfill.BackfillError, SettingsError):
            day = backfill.of_day(settings, date.fromisoformat(context.partition_key))
        outcome = backfill.make(day)
        if outcome.failure:
            raise dg.Failure(description=outcome.failure, allow_retries=False)
        return dg.MaterializeResult(
            metadata={"folder": dg.MetadataValue.path(str(day.home.current)), "was there already": outcome.was_there}
        )

    return past_day


def past_days_job() -> UnresolvedAssetJobDefinition:
    """A day a run, in the queue behind a night that waits too."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(PAST_DAYS),
        executor_def=dg.in_process_executor,
        tags={"dagster/priority": "-1"},
        description="Past days, built and published beside the nightly tables: pick a range of partitions.",
    )
