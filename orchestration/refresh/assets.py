"""What Dagster sees of the refresh: landing, models, and the three steps of a publication, each an asset."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration import contract, demo_shop, erase, keyed, landing, publish, repair, retention_ledger
from orchestration import report as report_page
from orchestration.paths import Home
from orchestration.refresh import customer_keys, dbt_process, freshness, history, lock, made_of, models, timings
from orchestration.refresh import results as check_results
from orchestration.refresh.audits import Auditor
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings, locale

POOL = "warehouse"
"""Every step that reads or writes the private warehouse is in this pool of one."""

LOCK_RETRIES = 60
LOCK_RETRY_SECONDS = 60
"""A refresh that is under way ends: an hour of patience outlasts the longest. No other failure is tried again, since
the same data fail again."""

Tell = Callable[[str], None]
"""Where a step says what it did, in one line for a person."""


class Build(dg.Config):
    """What the step that builds may be told."""

    forget: list[str] = []  # noqa: RUF012 (Dagster reads this as a setting with a default, and copies it)
    """Tables that are to be made anew whole, as `schema.name` or `name`, and with them all that is built on them."""


def landed_key(table: str) -> dg.AssetKey:
    """The asset of an input table, as the models' sources name it."""
    return dg.AssetKey(["landed", table])


def landed_tables() -> list[str]:
    """Every table that the landing writes: the inputs of the contract and the load manifest."""
    return [*contract.tables(), "loads"]


def hold_lock(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, home: Home) -> None:
    """Take the home's lock for the rest of this process; where it is held, have Dagster try this step again later."""
    try:
        lock.acquire(home)
    except lock.LockHeld as held:
        context.log.warning(str(held))
        raise dg.RetryRequested(max_retries=LOCK_RETRIES, seconds_to_wait=LOCK_RETRY_SECONDS) from held


@contextmanager
def failing_plainly(*errors: type[Exception]) -> Iterator[None]:
    """Errors that are written for a person reach Dagster as that sentence, and are not tried again."""
    try:
        yield
    except errors as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


@contextmanager
def timed(tell: Tell, what: str, home: Home | None = None) -> Iterator[list[str]]:
    """Tell what was done and how long it took. The block may add to the list what it did, for the same line.

    With a home, it is noted there too, for `metadata.timings`.
    """
    started = time.perf_counter()
    more: list[str] = []
    yield more
    if home is not None:
        timings.note(home, what, time.perf_counter() - started)
    tell(f"{': '.join([what, *more])} ({time.perf_counter() - started:.1f} s)")


def checks_file(home: Home, stage: str) -> Path:
    """Where the results of a stage wait until they are published. Removed as soon as what they judged changes."""
    return home.private / "checks" / f"{stage}.json"


def landing_assets(settings: Settings, auditors: Mapping[str, Auditor], tell: Tell) -> dg.AssetsDefinition:
    """The landing: one asset per input table, all landed by one step."""

    def description(table: str) -> str:
        return contract.tables()[table].description if table != "loads" else "One row per file of a load."

    @dg.multi_asset(
        name="landing",
        specs=[
            dg.AssetSpec(landed_key(table), group_name="landed", description=description(table), kinds={"parquet"})
            for table in landed_tables()
        ],
        pool=POOL,
    )
    def land(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        hold_lock(context, settings.home)
        # What is built for another day has a lock of its own, but lands into the home of every day.
        shop_home = Home(settings.home.root)
        hold_lock(context, shop_home)
        for judged in (settings.home, shop_home):
            checks_file(judged, "arriving").unlink(missing_ok=True)
        timings.begin(settings.home)
        history.forget_old_runs(context.instance)
        auditors["arriving"].start()
        metadata: dict[str, dict[str, Any]] = {}
        with failing_plainly(landing.LandingError, demo_shop.DemoShopError, erase.EraseError, keyed.KeyMissing):
            if settings.is_demo:
                with timed(tell, "demo shop") as said:
                    said.append(make_demo_shop(settings.source, context.log.info))
            erase.refuse_half_way(shop_home)
            erase.settle(shop_home)
            # Before anything can put another list in force.
            retention_ledger.catch_up(shop_home)
            if settings.source is None:
                landing.clear_up(shop_home, context.log.info)
            else:
                with timed(tell, "landing", settings.home) as said:
                    report = landing.land(settings.source, shop_home, settings.connector, context.log.info)
                    said.append(landed_sentence(report))
                metadata = landed_metadata(report)
            made_of.note_landed(settings.home)
        if settings.home.as_of:
            lock.release(shop_home)
        for table in landed_tables():
            yield dg.MaterializeResult(asset_key=landed_key(table), metadata=metadata.get(table))

    return land


def model_assets(
    settings: Settings, manifest: dict[str, Any], auditors: Mapping[str, Auditor], tell: Tell
) -> dg.AssetsDefinition:
    """The models: an asset each, their tests as its checks, all built by one start of dbt."""
    home = settings.home

    @dbt_assets(manifest=manifest, dagster_dbt_translator=dbt_process.Translator(), name="models", pool=POOL)
    def build(context: dg.AssetExecutionContext, config: Build) -> Iterator[Any]:
        hold_lock(context, home)
        checks_file(home, "leaving").unlink(missing_ok=True)
        with failing_plainly(keyed.KeyMissing, models.ModelsError, repair.RepairError):
            customer_keys.prepare(home)
            if discarded := models.discard_unreadable_warehouse(home):
                tell(discarded)
            for table in config.forget:
                made_of.forget_built(home)
                tell(repair.forget(home, manifest, table))
            stopped_later = check_results.are_there(checks_file(home, "dbt")) and made_of.is_built(settings)
        auditors["leaving"].start()
        if stopped_later:
            tell("models and tests: as the run that stopped left them, since nothing has changed")
            keys = (dg.AssetKey(list(table)) for table in models.in_order_of_building(manifest))
            yield from (dg.MaterializeResult(asset_key=key) for key in keys if key in context.selected_asset_keys)
            return
        begun_from = made_of.versions(settings)
        checks_file(home, "dbt").unlink(missing_ok=True)
        made_of.note_begun(home)
        log_file = dbt_process.log_file(home)
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with timed(tell, "models and tests", home) as said, log_file.open("w", encoding="utf-8") as log:
            with failing_plainly(models.ModelsError):
                invocation = dbt_process.start(settings, context, manifest)
            total = len(context.op_execution_context.selected_output_names)
            try:
                yield from dbt_process.counted(dbt_process.quietly(invocation.stream(), log), total, tell)
            except DagsterDbtCliRuntimeError as error:
                # A night that lands puts files together, which models of a past day may just be reading.
                with failing_plainly(publish.PublishError):
                    made_of.refuse_mixed(home)
                raise dg.Failure(
                    description=dbt_process.why_it_failed(home, manifest, error), allow_retries=False
                ) from error
            finally:
                found = dbt_process.test_results(home, manifest)
                check_results.write(checks_file(home, "dbt"), found)
            if not context.is_subset:
                made_of.note_built(settings, begun_from)
            said.append(f"{sum(result.passed for result in found)} of {len(found)} tests passed")

    return build


def publication_assets(settings: Settings, manifest: dict[str, Any], tell: Tell) -> list[dg.AssetsDefinition]:
    """The publication: the copied tables, the report page on them, and the link that puts them in force."""
    home = settings.home
    tables_key, page_key, link_key = (dg.AssetKey(["published", name]) for name in ("tables", "report", "current"))
    published = [dg.AssetKey(list(table)) for table in models.published_tables(manifest, publish.SCHEMAS)]

    @dg.asset(
        key=tables_key,
        deps=published,
        group_name="published",
        kinds={"duckdb", "parquet"},
        pool=POOL,
        description="The marts and their metadata, copied into a file of their own and compared with the audited ones.",
    )
    def tables(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        hold_lock(context, home)
        with timed(tell, "copying out and comparing", home), failing_plainly(publish.PublishError):
            made_of.refuse_mixed(home)
            folder = publish.prepare(home, run_of(context, settings), results_of_all_stages(home))
        return dg.MaterializeResult(metadata={"folder": dg.MetadataValue.path(str(folder))})

    @dg.asset(
        key=page_key,
        deps=[tables_key],
        group_name="published",
        kinds={"html"},
        pool=POOL,
        description="The report page and its mail edition in each language, built from the copied tables.",
    )
    def page(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        hold_lock(context, home)
        with timed(tell, "report page", home), failing_plainly(report_page.ReportError, publish.PublishError):
            folder = home.published / copied_by(context, settings)
            report_page.build(folder / publish.MARTS_FILE, folder, locale(home))
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(folder / "report.html"))})

    @dg.asset(
        key=link_key,
        deps=[tables_key, page_key],
        group_name="published",
        pool=POOL,
        description="The publication in force: what readers open. Swapped in one step.",
    )
    def current(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        hold_lock(context, home)
        with timed(tell, "putting in force", home), failing_plainly(publish.PublishError, erase.EraseError):
            # What was built before an erasure was begun names the person.
            erase.refuse_half_way(home)
            run_id = copied_by(context, settings)
            if not report_page.is_built(home.published / run_id):
                raise publish.PublishError(f"The page of {run_id} has not been built: run the whole refresh.")
            folder = publish.put_in_force(home, run_id)
        if erase.is_unfinished(home):
            with timed(tell, "erasing the last publication that names who was erased") as said:
                said.append(f"the receipt is in {erase.finish(home)}")
        listed = retention_ledger.write_down(home)
        made_of.forget_built(home)
        return dg.MaterializeResult(metadata={"folder": dg.MetadataValue.path(str(folder)), "customers listed": listed})

    return [tables, page, current]


def run_of(context: dg.AssetExecutionContext, settings: Settings) -> publish.Run:
    """The run that publishes: named by when Dagster created it and by Dagster's id."""
    started_at = context.instance.get_run_record_by_id(context.run.run_id).create_timestamp
    return publish.Run(
        run_id=publish.new_run_id(started_at, context.run.run_id),
        shop=settings.shop,
        started_at=started_at,
        versions=made_of.versions(settings),
    )


def copied_by(context: dg.AssetExecutionContext, settings: Settings) -> str:
    """The run whose copied tables this run goes on with: its own, or those of the run that it takes up (Dagster's
    *Re-execute from failure*).

    Raises PublishError where none is waiting, or what it was made of has changed since.
    """
    home, run = settings.home, context.run
    while run is not None and (record := context.instance.get_run_record_by_id(run.run_id)) is not None:
        run_id = publish.new_run_id(record.create_timestamp, run.run_id)
        if publish.is_prepared(home, run_id):
            file = home.published / run_id / publish.MARTS_FILE
            if run.run_id != context.run.run_id and not made_of.is_made_of(settings, file):
                raise publish.PublishError(
                    f"What the tables of {run_id} are made of has changed since they were copied: run the whole "
                    "refresh."
                )
            return run_id
        run = context.instance.get_run_by_id(run.parent_run_id) if run.parent_run_id else None
    raise publish.PublishError(
        "There are no copied tables that wait to be put in force, neither of this run nor of one that it takes up: run "
        "the whole refresh."
    )


def results_of_all_stages(home: Home) -> list[CheckResult]:
    """What dbt and both audits found on what lies in the private warehouse now, and how fresh the inputs are.

    Raises PublishError where one of them has not judged since what it judges changed.
    """
    found: list[CheckResult] = []
    for stage in check_results.STAGES:
        file = checks_file(home, stage)
        if not check_results.are_there(file):
            raise publish.PublishError(
                f"The checks of the stage '{stage}' have not been made on what is built now: run the whole refresh."
            )
        found += check_results.read(file)
    return found + freshness.judge(home)


def make_demo_shop(folder: Path, progress: Tell) -> str:
    """The demo shop's files, made where there are none. Returns what was done.

    What lies there already is left alone, also a demo shop of another size: its rows are landed, and another shop's
    rows would come on top of them.
    """
    if folder.exists():
        return "its files are there already"
    made = demo_shop.generate(folder, progress=progress)
    return f"made {sum(made.rows.values()):,} rows, {made.lines:,} of them order lines"


def landed_sentence(report: landing.LandingReport) -> str:
    """What a landing did, in one line."""
    if report.load_id is None:
        return "nothing new"
    # A connector also reports the tables that it makes of its files: those have no files of their own.
    tables = [table for table in report.tables.values() if table.files or table.files_seen_before]
    rows, files = sum(table.rows for table in tables), sum(table.files for table in tables)
    unreadable, seen = sum(table.unreadable for table in tables), sum(table.files_seen_before for table in tables)
    said = [f"{rows:,} rows of {files:,} files"]
    if unreadable:
        said.append(f"{unreadable:,} of them unreadable")
    if seen:
        said.append(f"{seen:,} files seen before")
    return ", ".join(said)


def landed_metadata(report: landing.LandingReport) -> dict[str, dict[str, Any]]:
    """What a landing did, per table, for Dagster's history."""
    return {
        name: {
            "dagster/row_count": table.rows,
            "files": table.files,
            "unreadable": table.unreadable,
            "files_seen_before": table.files_seen_before,
        }
        for name, table in report.tables.items()
    }
