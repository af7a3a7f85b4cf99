"""The nightly job through Dagster, with the parts that have tests of their own replaced: what stops what.

Landing, dbt, the audits and the report page are stand-ins that say what they did, on a project of two models.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import sqlalchemy
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from expectations import catalogue
from orchestration import erase, landing, publish, retention_ledger, run, second_engine
from orchestration import report as report_page
from orchestration.landing import store
from orchestration.paths import PROJECT, Home
from orchestration.refresh import dbt_process, history, made_of, models, project, proof, settings
from orchestration.refresh.audits import AuditError
from orchestration.refresh.history import EventLog
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings
from orchestration.report.texts import LANGUAGES

GREEN = CheckResult("arriving", "orders", "Ids are never missing", "order_id", True, True, 0, None)


def write_page(_marts: Path, folder: Path, _locale: str | None) -> None:
    """Every edition of a report page."""
    for language in LANGUAGES:
        for name in report_page.file_names(language):
            (folder / name).write_text("page")


def model(schema: str, name: str) -> dict:
    """A model of the landed orders, as a manifest describes it."""
    return {
        "unique_id": f"model.shop.{name}", "resource_type": "model", "name": name, "schema": schema,
        "package_name": "shop", "fqn": ["shop", schema, name], "path": f"{name}.sql",
        "original_file_path": f"models/{name}.sql", "config": {"enabled": True, "materialized": "table"}, "tags": [],
        "description": "", "columns": {}, "meta": {}, "depends_on": {"nodes": ["source.shop.landed.orders"]},
        "raw_code": "select 1",
    }  # fmt: skip


def two_models() -> dict:
    """The manifest of a project of two models: a mart, and the metadata that the freshness checks read."""
    models = [model("marts", "customer_profit"), model("metadata", "input_freshness")]
    nodes = {one["unique_id"]: one for one in models}
    orders = "source.shop.landed.orders"
    source = {
        "unique_id": orders, "resource_type": "source", "source_name": "landed", "name": "orders", "schema": "landed",
        "package_name": "shop", "fqn": ["shop", "landed", "orders"], "path": "contract.yml", "tags": [],
        "original_file_path": "contract.yml", "config": {"enabled": True}, "description": "", "columns": {}, "meta": {},
    }  # fmt: skip
    absent = ("metrics", "exposures", "semantic_models", "saved_queries", "unit_tests", "selectors", "macros", "docs")
    return {
        "metadata": {"project_name": "shop", "adapter_type": "duckdb"},
        "nodes": nodes,
        "sources": {orders: source},
        "parent_map": {orders: [], **{name: [orders] for name in nodes}},
        "child_map": {orders: list(nodes), **{name: [] for name in nodes}},
        **{name: {} for name in (*absent, "disabled", "groups", "group_map")},
    }


@pytest.fixture
def manifest() -> dict:
    """A project of two models."""
    return two_models()


def suites(stage: str) -> tuple[catalogue.Suite, ...]:
    """Stands in for the catalogue: a suite a stage, of the tables that this project has."""
    return (catalogue.Suite(stage, {"arriving": "orders", "leaving": "customer_profit"}[stage]),)


@dataclass
class Night:
    """One home, and stand-ins for the parts. `done` are the parts that ran, in their order."""

    settings: Settings
    manifest: dict
    while_building: Callable[[Night], None] = lambda _: None
    done: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    audit_results: dict[str, list[CheckResult]] = field(default_factory=dict)
    landing_error: str | None = None
    dbt_error: str | None = None
    report_error: str | None = None
    generation: int = 0
    as_of: str = "2025-01-01"

    def run(self, forget: Sequence[str] = ()) -> None:
        """The job as the command line runs it; raises RefreshFailed where it did not publish."""
        self.done.clear()
        auditors = {stage: StandInAuditor(self, stage) for stage in ("arriving", "leaving")}
        run.run_job(self.settings, auditors, self.told.append, forget)

    def published_generation(self) -> int | None:
        if not self.settings.home.current.exists():
            return None
        with duckdb.connect() as connection:
            connection.execute(
                f"attach '{self.settings.home.current / 'customer_profitability.duckdb'}' as published (read_only)"
            )
            return connection.execute("select generation from published.marts.customer_profit").fetchone()[0]


@dataclass
class StandInAuditor:
    night: Night
    stage: str

    def start(self) -> None:
        pass

    def judge(self) -> list[CheckResult]:
        self.night.done.append(self.stage)
        found = self.night.audit_results[self.stage]
        if not found:
            raise AuditError(f"The audit of what is {self.stage} could not run: it said nothing")
        return found


@dataclass
class StandInDbt:
    night: Night
    outputs: list[str]

    def stream(self) -> Iterator[dg.Output]:
        self.night.done.append("models")
        if self.night.dbt_error:
            raise DagsterDbtCliRuntimeError(self.night.dbt_error)
        self.night.generation += 1
        self.night.while_building(self.night)
        home = self.night.settings.home
        home.warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute(
                f"""
                create schema marts; create schema metadata;
                create table marts.customer_profit as select {self.night.generation} as generation;
                create table marts.retention_list as
                    select 'ada' as customer_id, 'no order in a long time' as reason, false as is_held_out;
                create table metadata.as_of as select date '{self.night.as_of}' as as_of_date;
                create table metadata.input_freshness as
                    select 'orders' as table_name, timestamp '2025-01-01' as latest_event_at,
                        timestamp '2025-01-02' as latest_loaded_at;
                """
            )
        for name in self.outputs:
            yield dg.Output(None, name)


@pytest.fixture
def night(tmp_path: Path, manifest: dict, monkeypatch: pytest.MonkeyPatch) -> Night:
    home = Home((tmp_path / "home").resolve())
    night = Night(Settings("bakery", home, tmp_path), manifest)
    for name, value in night.settings.environment().items():
        monkeypatch.setenv(name, value)
    run.dagster_home.prepare(home)

    def land(source: Path, home: Home, connector: str | None, progress) -> landing.LandingReport:
        night.done.append("landing")
        if night.landing_error:
            raise landing.LandingError(night.landing_error)
        return landing.LandingReport(load_id=1, tables={"orders": landing.TableReport(files=1, rows=7)})

    def build(marts: Path, folder: Path, locale: str | None) -> None:
        night.done.append("report")
        if night.report_error:
            raise report_page.ReportError(night.report_error)
        write_page(marts, folder, locale)

    def start(settings: Settings, context: dg.AssetExecutionContext, manifest: dict) -> StandInDbt:
        return StandInDbt(night, sorted(context.op_execution_context.selected_output_names))

    monkeypatch.setattr(landing, "land", land)
    monkeypatch.setattr(report_page, "build", build)
    monkeypatch.setattr(dbt_process, "start", start)
    monkeypatch.setattr(models, "read_manifest", lambda home: manifest)
    monkeypatch.setattr(catalogue, "suites", suites)
    night.audit_results = {
        stage: [replace(GREEN, stage=stage, suite=suite.name) for suite in suites(stage)] for stage in catalogue.STAGES
    }
    return night


EVERYTHING = ["landing", "arriving", "models", "leaving", "report"]


def test_a_green_night_publishes_and_says_so_step_by_step(night: Night) -> None:
    night.run()
    assert night.done == EVERYTHING
    assert night.published_generation() == 1
    said = [line.split(":")[0].split(" (")[0] for line in night.told]
    assert said == [
        "landing", "judging what arrived", "models and tests", "judging what leaves", "copying out and comparing",
        "report page", "putting in force",
    ]  # fmt: skip
    assert night.told[0].startswith("landing: 7 rows of 1 files (")
    night.run()
    assert night.published_generation() == 2
    assert len(publish.publications(night.settings.home)) == 2


def test_the_night_is_in_the_history_of_the_ui(night: Night) -> None:
    night.run()
    with dg.DagsterInstance.get() as dagster:
        (record,) = dagster.get_runs()
        assert record.status == dg.DagsterRunStatus.SUCCESS
        assert record.tags["started_by"] == "command line"
        assert dagster.get_latest_materialization_event(dg.AssetKey(["published", "current"])) is not None
        run_id = publish.publications(night.settings.home)[0]
        assert run_id.endswith(record.run_id[:8])


RED = {"passed": False, "unexpected_count": 2, "detail": "2 rows"}


@pytest.mark.parametrize(
    ("stage", "done"),
    [("arriving", ["landing", "arriving"]), ("leaving", ["landing", "arriving", "models", "leaving"])],
)
def test_a_red_critical_expectation_stops_everything_after_it(night: Night, stage: str, done: list[str]) -> None:
    night.run()
    night.audit_results[stage][0] = replace(night.audit_results[stage][0], **RED)
    with pytest.raises(run.RefreshFailed, match=r"order_id: Ids are never missing \(2 rows\)\.$"):
        night.run()
    assert night.done == done
    assert night.published_generation() == 1


def test_a_red_expectation_that_is_not_critical_is_published_with_the_rest(night: Night) -> None:
    night.audit_results["leaving"][0] = replace(night.audit_results["leaving"][0], is_critical=False, **RED)
    night.run()
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{night.settings.home.current / 'customer_profitability.duckdb'}' as published (read_only)"
        )
        red = connection.execute(
            "select stage, detail from published.metadata.check_results where not passed"
        ).fetchall()
    assert red == [("leaving", "2 rows")]


def test_a_suite_that_gave_no_results_is_red(night: Night) -> None:
    night.audit_results["leaving"][0] = replace(GREEN, stage="leaving", suite="another table")
    with pytest.raises(run.RefreshFailed, match="The suite gave no results"):
        night.run()
    assert night.published_generation() is None


def test_an_audit_that_could_not_run_stops_the_night(night: Night) -> None:
    night.audit_results["arriving"] = []
    with pytest.raises(run.RefreshFailed, match="The audit of what is arriving could not run: it said nothing"):
        night.run()
    assert night.done == ["landing", "arriving"]


def test_a_landing_that_fails_says_its_sentence_and_nothing_else_runs(night: Night) -> None:
    night.run()
    night.landing_error = "orders.csv lacks the required column order_id."
    with pytest.raises(run.RefreshFailed, match=r"^orders\.csv lacks the required column order_id\.$"):
        night.run()
    assert night.done == ["landing"]
    assert night.published_generation() == 1


def test_a_build_that_fails_is_not_judged_and_not_published(night: Night) -> None:
    night.run()
    night.dbt_error = "Compilation Error in model customers"
    with pytest.raises(
        run.RefreshFailed, match=r"dbt could not build the models: .*Compilation Error in model customers"
    ):
        night.run()
    assert night.done == ["landing", "arriving", "models"]
    assert night.published_generation() == 1


def test_a_page_that_fails_leaves_the_last_publication_in_force(night: Night) -> None:
    night.run()
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    assert night.done == EVERYTHING
    assert night.published_generation() == 1
    night.report_error = None
    night.run()
    assert night.published_generation() == 2
    assert len(publish.publications(night.settings.home)) == 2


RESUMED = ["landing", "arriving", "leaving", "report"]


def test_a_night_that_stopped_after_its_models_is_taken_up_there(night: Night) -> None:
    """Whatever stopped it; and once it is published, the next night builds again."""
    night.audit_results["leaving"][0] = replace(night.audit_results["leaving"][0], **RED)
    with pytest.raises(run.RefreshFailed, match="Ids are never missing"):
        night.run()
    night.audit_results["leaving"][0] = replace(GREEN, stage="leaving", suite="customer_profit")
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    assert night.done == RESUMED
    assert any(line.startswith("models and tests: as the run that stopped left them") for line in night.told)
    night.report_error = None
    night.run()
    assert night.done == RESUMED
    assert night.published_generation() == 1
    with dg.DagsterInstance.get() as dagster:
        built = dagster.get_latest_materialization_event(dg.AssetKey(["marts", "customer_profit"]))
        assert built.run_id == dagster.get_runs(limit=1)[0].run_id
    assert not (night.settings.home.private / made_of.BUILT).exists()
    night.run()
    assert night.done == EVERYTHING
    assert night.published_generation() == 2


def test_a_night_that_stopped_is_built_again_where_it_would_be_another(night: Night) -> None:
    """Here the warehouse was written into, then something was to be forgotten; `test_backfill.py` has the others."""
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    with duckdb.connect(str(night.settings.home.warehouse)) as connection:
        connection.execute("update marts.customer_profit set generation = 99")
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    assert night.done == EVERYTHING
    night.report_error = None
    night.run(forget=["customer_profit"])
    assert night.done == EVERYTHING
    assert night.published_generation() == 3
    assert "to be made anew: marts.customer_profit, and 0 kept tables that are it or are built on it" in night.told
    with pytest.raises(run.RefreshFailed, match=r"There is no table schema\.table to repair\."):
        night.run(forget=["schema.table"])
    assert night.done == ["landing", "arriving"]


def test_a_warehouse_is_of_one_build_until_the_next_one_begins_and_again_once_it_is_done(night: Night) -> None:
    """Who asks of it by day must not be told of two nights at once: `make what-if` asks."""
    home = night.settings.home
    night.run()
    assert made_of.why_not_whole(home) is None
    night.dbt_error = "Runtime Error: no room"
    with pytest.raises(run.RefreshFailed, match="dbt could not build the models"):
        night.run()
    assert "tables of two nights" in made_of.why_not_whole(home)
    night.dbt_error = None
    night.run()
    assert made_of.why_not_whole(home) is None


@pytest.mark.parametrize("main", [proof.main, second_engine.main], ids=["make prove-kept", "make run ENGINE=spark"])
def test_a_warehouse_is_not_compared_with_other_rows_than_it_was_made_of(
    night: Night, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, main: Callable[[list[str]], int]
) -> None:
    """A night has landed and stopped before its models were whole: every table would seem to be made wrong."""
    home = night.settings.home
    monkeypatch.setenv("WAREHOUSE_HOME", str(home.root))
    store.write_text(home.landed / "shop.json", json.dumps({"shop": "bakery", "connector": None}))
    night.run()
    assert made_of.why_not_of_tonight(home) is None
    land_a_file(night)
    assert main(["--shop", "bakery"]) == 1
    assert "Something has landed since" in capsys.readouterr().err
    made_of.note_begun(home)
    assert main(["--shop", "bakery"]) == 1
    assert "holds tables of two nights" in capsys.readouterr().err


def test_what_was_built_before_an_erasure_was_begun_is_not_put_in_force(night: Night) -> None:
    """As where somebody is to be erased while Dagster is between two steps, or a run from before is taken up."""
    unfinished = night.settings.home.root / erase.UNFINISHED
    night.while_building = lambda _: unfinished.write_text('{"is_clean": false}')
    with pytest.raises(run.RefreshFailed, match="`make run` finishes it, and publishes without the person"):
        night.run()
    assert night.done == EVERYTHING
    assert night.published_generation() is None
    assert unfinished.exists() and not (night.settings.home.root / erase.RECEIPTS).exists()


def test_a_night_writes_the_receipt_that_the_last_one_was_cut_off_from(night: Night) -> None:
    night.run()
    home, without = night.settings.home, publish.in_force(night.settings.home)
    (home.root / erase.UNFINISHED).write_text('{"is_clean": true, "in_force": "the one before"}')
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    assert (home.root / erase.RECEIPTS).read_text().splitlines()[1].endswith(f",{without}")
    assert not erase.is_unfinished(home)
    assert publish.in_force(home) == without and night.published_generation() == 1


@pytest.mark.parametrize(
    ("name", "left", "is_built_again"),
    [
        (made_of.BUILT, "", True),
        ("checks/dbt.json", "\0" * 200, True),
        ("target/run_results.json", '{"results": [{"unique', False),
    ],
)
def test_a_file_that_a_power_cut_left_without_its_content_stops_no_night(
    night: Night, name: str, left: str, is_built_again: bool
) -> None:
    """What says that everything was built is no more; how long it took is not worth a night."""
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    file = night.settings.home.private / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(left)
    night.report_error = None
    night.run()
    assert night.done == (EVERYTHING if is_built_again else RESUMED)
    assert night.published_generation() == 1 + is_built_again


def test_what_says_that_everything_was_built_is_on_the_disk_before_it_counts(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_place, seen = store.put_in_place, []
    monkeypatch.setattr(
        store, "put_in_place", lambda partial, file: (seen.append(file.name), put_in_place(partial, file))
    )
    night.run()
    assert {made_of.BUILT, made_of.LANDED, "dbt.json", "arriving.json", "leaving.json"} <= set(seen)


def land_a_file(night: Night) -> None:
    store.write_manifest(night.settings.home.landed, 1, datetime(2025, 7, 1), [])


def land_and_put_together(night: Night) -> None:
    """The models were reading a file that lies in another one now."""
    land_a_file(night)
    raise DagsterDbtCliRuntimeError("IO Error: No files found that match the pattern")


@pytest.mark.parametrize("land", [land_a_file, land_and_put_together])
def test_what_lands_while_a_day_is_built_is_in_none_of_its_tables(night: Night, land: Callable[[Night], None]) -> None:
    """A past day is built without the lock of the shop: a night may land beside it."""
    shop_home = night.settings.home
    night.settings = replace(night.settings, home=Home(shop_home.root, "2025-06-30"))
    night.settings.home.private.mkdir(parents=True)
    night.while_building = land
    with pytest.raises(run.RefreshFailed, match=r"Something has landed since the tables were begun: run the whole"):
        night.run()
    assert not night.settings.home.current.exists()
    night.while_building = lambda _: None
    night.run()
    assert night.done == EVERYTHING
    assert night.published_generation() == 2


def test_a_list_in_force_is_written_down_also_where_its_night_was_killed_before_it_could(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next night is of another day, and its list stands beside the one that was given out."""

    def dying(home: Home) -> int:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(retention_ledger, "write_down", dying)
        with pytest.raises(run.RefreshFailed, match="published/current"):
            night.run()
    assert night.published_generation() == 1
    assert retention_ledger.read(night.settings.home.root).num_rows == 0
    night.as_of = "2025-01-02"
    (night.settings.home.private / made_of.BUILT).unlink()
    night.run()
    assert [f"{row['listed_on']}" for row in retention_ledger.read(night.settings.home.root).to_pylist()] == [
        "2025-01-01", "2025-01-02",
    ]  # fmt: skip


def take_up(night: Night, *steps: str) -> str | None:
    """What Dagster's *Re-execute from failure* does: a run of its own, of the steps that failed. Why it failed, too."""
    auditors = {stage: StandInAuditor(night, stage) for stage in ("arriving", "leaving")}
    job = project.definitions(night.settings, night.manifest, auditors, night.told.append).resolve_job_def("nightly")
    keys = frozenset(dg.AssetKey(["published", step]) for step in steps)
    with dg.DagsterInstance.get() as dagster:
        parent = dagster.get_runs(limit=1)[0]
        subset = job.get_subset(asset_selection=keys)
        taken_up = dagster.create_run_for_job(
            subset, parent_run_id=parent.run_id, root_run_id=parent.root_run_id or parent.run_id, asset_selection=keys
        )
        if execute_run(InMemoryJob(subset), taken_up, dagster).success:
            return None
        return run.why_it_failed(log.dagster_event for log in dagster.all_logs(taken_up.run_id) if log.dagster_event)


def test_a_failed_night_is_taken_up_in_dagster_with_the_tables_that_it_copied(night: Night) -> None:
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    assert "the query 'period'" in take_up(night, "report", "current")
    night.report_error = None
    assert take_up(night, "report", "current") is None
    assert night.published_generation() == 1
    assert "There are no copied tables that wait" in take_up(night, "report", "current")


def test_what_was_copied_and_not_compared_is_not_taken_up(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    def differs(*_: object) -> None:
        raise publish.PublishError("marts.customer_profit differs from what was audited.")

    monkeypatch.setattr(publish, "_verify", differs)
    with pytest.raises(run.RefreshFailed, match="differs from what was audited"):
        night.run()
    assert "There are no copied tables that wait" in take_up(night, "report", "current")
    assert night.published_generation() is None


def test_what_has_no_page_is_not_put_in_force(night: Night) -> None:
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    assert "has not been built: run the whole refresh" in take_up(night, "current")
    assert night.published_generation() is None


def test_a_failed_night_is_not_taken_up_where_something_has_landed_since(night: Night) -> None:
    night.report_error = "the query 'period' of the report finds no data"
    with pytest.raises(run.RefreshFailed, match="the query 'period'"):
        night.run()
    night.report_error = None
    land_a_file(night)
    assert "has changed since they were copied: run the whole refresh" in take_up(night, "report", "current")
    assert night.published_generation() is None


def test_nothing_that_fails_on_data_is_tried_again(night: Night) -> None:
    night.landing_error = "orders.csv is empty."
    with pytest.raises(run.RefreshFailed):
        night.run()
    assert night.done.count("landing") == 1


def test_runs_whose_process_died_are_marked_as_failed(night: Night) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nimport dagster as dg\n"
        "@dg.op\ndef die():\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "@dg.job\ndef nightly():\n    die()\n"
        "nightly.execute_in_process(instance=dg.DagsterInstance.get(), tags={'started_by': 'command line'})\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, check=False, timeout=120)
    with dg.DagsterInstance.get() as dagster:
        assert [one.status for one in dagster.get_runs()] == [dg.DagsterRunStatus.STARTED]
        run.bury_the_dead(dagster)
        assert [one.status for one in dagster.get_runs()] == [dg.DagsterRunStatus.FAILURE]


def test_as_of_lands_in_the_shops_home_and_publishes_in_the_days(night: Night) -> None:
    shop_home = night.settings.home
    night.settings = replace(night.settings, home=Home(shop_home.root, "2025-06-30"))
    night.settings.home.private.mkdir(parents=True)
    night.run()
    assert night.published_generation() == 1
    assert not shop_home.published.exists()
    assert settings.from_environment(night.settings.environment()) == night.settings


def test_the_event_log_is_the_one_dagster_writes(night: Night) -> None:
    night.run()
    with dg.DagsterInstance.get() as dagster:
        assert type(dagster.event_log_storage) is EventLog
        (record,) = dagster.get_runs()
        logged = [one.message for one in dagster.all_logs(record.run_id)]
        folder = dagster.event_log_storage.path_for_shard("index")
    plain = SqliteEventLogStorage(str(Path(folder).parent))
    assert [one.message for one in plain.get_logs_for_run(record.run_id)] == logged
    assert len(logged) > 100
    assert plain.has_asset_key(dg.AssetKey(["marts", "customer_profit"]))


def test_old_runs_are_forgotten_and_the_last_ones_kept(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night begins with forgetting, so that the one under way comes to the two that are kept."""
    monkeypatch.setattr(history, "RUNS_KEPT", 2)
    ran = []
    for _ in range(4):
        night.run()
        with dg.DagsterInstance.get() as dagster:
            ran.append(dagster.get_run_ids()[0])
    with dg.DagsterInstance.get() as dagster:
        assert dagster.get_run_ids() == ran[:0:-1]
        log = dagster.event_log_storage
        files = {file.stem for file in Path(log.path_for_shard("index")).parent.glob("*.db*")}
        assert files == {"index", *ran[1:]}
        with log.index_connection() as index:
            for table in ("event_logs", "asset_check_executions"):
                of_runs = index.execute(sqlalchemy.text(f"select distinct run_id from {table}")).scalars()
                assert set(of_runs) == set(ran[1:]), table
        assert len(dagster.all_logs(ran[1])) > 100
        assert dagster.get_latest_materialization_event(dg.AssetKey(["marts", "customer_profit"])).run_id == ran[3]


def test_the_event_log_keeps_few_files_open(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path))
    for number in range(2 * history.KEPT_OPEN):
        assert log.get_logs_for_run(f"run-{number}") == []
    assert len(log._engines) == history.KEPT_OPEN
    assert log.has_table("event_logs")
    assert not log.has_table("no_such_table")
    log.dispose()
    assert len(log._engines) == 0
