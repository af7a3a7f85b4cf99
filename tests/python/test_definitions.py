"""What Dagster loads: quickly, without a network, and with everything in it that the night needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from expectations import catalogue
from orchestration import contract
from orchestration.paths import PROJECT, Home
from orchestration.refresh import dbt_process, instance, lock, models, project
from orchestration.refresh.checks import ATTENDED, STILL_COMES, SUITE
from orchestration.refresh.past_days import PAST_DAYS
from orchestration.refresh.settings import Settings

LANDED = [dg.AssetKey(["landed", table]) for table in [*contract.tables(), "loads"]]
PUBLISHED = [dg.AssetKey(["published", name]) for name in ("tables", "report", "current")]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with nothing in it but the prepared manifest."""
    settings = Settings("demo", Home((tmp_path_factory.mktemp("definitions") / "home").resolve()))
    models.prepare_manifest(settings)
    return settings


@pytest.fixture(scope="module")
def manifest(parsed: Settings) -> dict:
    return models.read_manifest(parsed.home)


@pytest.fixture(scope="module")
def definitions(parsed: Settings, manifest: dict) -> dg.Definitions:
    return project.definitions(parsed, manifest)


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions):
    return definitions.resolve_asset_graph()


def test_the_project_is_parsed_once_for_all_homes(parsed: Settings, tmp_path: Path) -> None:
    assert not models.prepare_manifest(parsed)
    another = Settings("demo", Home(tmp_path / "home"))
    assert not models.prepare_manifest(another)
    assert models.manifest_file(another.home).read_bytes() == models.manifest_file(parsed.home).read_bytes()


def test_a_home_whose_manifest_was_cut_off_gets_it_anew(parsed: Settings, tmp_path: Path) -> None:
    settings = Settings("demo", Home(tmp_path / "home"))
    models.prepare_manifest(settings)
    file = models.manifest_file(settings.home)
    file.write_text(file.read_text(encoding="utf-8")[:1000], encoding="utf-8")
    models.prepare_manifest(settings)
    assert models.read_manifest(settings.home)["nodes"]


LOADER = """
import json, socket, sys

def refuse(*arguments, **named):
    raise AssertionError(f"a socket was used: {arguments}")

socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from orchestration.definitions import defs
jobs = [job.name for job in defs.jobs]
print(json.dumps({
    "jobs": jobs,
    "heavy": [name for name in ("great_expectations", "altair", "scipy") if name in sys.modules],
}))
"""


def test_definitions_load_without_a_network_and_without_great_expectations(parsed: Settings, manifest: dict) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADER],
        cwd=PROJECT,
        env={**os.environ, **parsed.environment()},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told = json.loads(loaded.stdout.splitlines()[-1])
    assert told["jobs"] == ["nightly", "repair", "past_days"]
    assert "great_expectations" not in told["heavy"]


def test_every_input_every_model_and_every_step_of_a_publication_is_an_asset(graph, manifest: dict) -> None:
    resources = [one for one in manifest["nodes"].values() if one["resource_type"] in ("model", "seed")]
    expected = {dg.AssetKey([one["schema"], one["name"]]) for one in resources}
    assert graph.get_all_asset_keys() == {*LANDED, *PUBLISHED, PAST_DAYS, *expected}


def test_models_are_told_after_what_they_are_built_from(graph, manifest: dict) -> None:
    told = [dg.AssetKey(list(table)) for table in models.in_order_of_building(manifest)]
    place = {key: number for number, key in enumerate(told)}
    assert set(told) == graph.get_all_asset_keys() - {*LANDED, *PUBLISHED, PAST_DAYS}
    assert not [key for key in told for parent in graph.get(key).parent_keys if place.get(parent, -1) > place[key]]


def test_data_flows_from_the_landing_to_the_link(graph, manifest: dict) -> None:
    tables, report, current = PUBLISHED
    marts = {dg.AssetKey(list(table)) for table in models.published_tables(manifest, ["marts", "metadata"])}
    assert graph.get(tables).parent_keys == marts
    assert graph.get(report).parent_keys == {tables}
    assert graph.get(current).parent_keys == {tables, report}
    assert set(LANDED) <= graph.get_ancestor_asset_keys(tables)


def test_every_test_of_dbt_is_a_check(graph, manifest: dict) -> None:
    tests = {
        one["name"]
        for one in manifest["nodes"].values()
        if one["resource_type"] == "test"
        and not any(parent.startswith("source.") for parent in one["depends_on"]["nodes"])
    }
    assert tests
    assert tests <= {key.name for key in graph.asset_check_keys}


def test_every_suite_is_a_blocking_check_of_a_table_there_is(graph, manifest: dict) -> None:
    checks = {key for key in graph.asset_check_keys if key.name == SUITE}
    names = {stage: {suite.name for suite in catalogue.suites(stage)} for stage in catalogue.STAGES}
    assert names["arriving"] == set(contract.tables())
    assert len(checks) == len(names["arriving"]) + len(names["leaving"])
    for key in checks:
        assert graph.get(key).blocking
        assert key.asset_key in graph.get_all_asset_keys()
        assert key.asset_key.path[0] in ("landed", "marts", "metadata")


def test_freshness_warns_and_blocks_nothing(graph) -> None:
    checks = {key for key in graph.asset_check_keys if key.name in (STILL_COMES, ATTENDED)}
    assert {key.asset_key for key in checks} == set(LANDED)
    assert not any(graph.get(key).blocking for key in checks)


def test_steps_share_one_process_and_one_pool(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("nightly")
    assert job.executor_def.name == "in_process"
    for node in job.all_node_defs:
        assert node.pool == "warehouse"
        # What fails on data fails again on the same data: only a held lock is tried again, by the step itself.
        assert node.retry_policy is None


def test_a_night_and_a_repair_are_everything_but_past_days(definitions: dg.Definitions, graph) -> None:
    everything = graph.get_all_asset_keys() - {PAST_DAYS}
    for name in ("nightly", "repair"):
        job = definitions.resolve_job_def(name)
        assert job.asset_layer.selected_asset_keys == everything
        assert job.executor_def.name == "in_process"
        assert job.asset_layer.asset_graph.asset_check_keys == graph.asset_check_keys
    night, repair = (definitions.resolve_job_def(name).run_config or {} for name in ("nightly", "repair"))
    assert "ops" not in night
    assert repair["ops"]["models"]["config"]["forget"] == ["schema.table"]


def test_past_days_are_partitions_since_the_shop_opened(definitions: dg.Definitions, graph) -> None:
    partitions = graph.get(PAST_DAYS).partitions_def
    days = partitions.get_partition_keys(current_time=datetime(2025, 3, 3, 12, tzinfo=UTC))
    assert (days[0], days[-1]) == ("2000-01-01", "2025-03-02")
    job = definitions.resolve_job_def("past_days")
    assert job.asset_layer.selected_asset_keys == {PAST_DAYS}
    assert job.partitions_def == partitions
    # A run a day, and a night that waits beside them goes first.
    assert job.tags["dagster/priority"] == "-1"
    assert [node.pool for node in job.all_node_defs] == ["warehouse"]


def test_the_schedule_is_at_two_in_the_shops_time_zone(definitions: dg.Definitions, parsed: Settings) -> None:
    (schedule,) = definitions.schedules
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Europe/Berlin")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    shop_file = parsed.home.landed / "shop.json"
    shop_file.parent.mkdir(parents=True)
    shop_file.write_text('{"reporting_time_zone": "America/New_York"}')
    try:
        moved = project.definitions(parsed, models.read_manifest(parsed.home))
        assert moved.schedules[0].execution_timezone == "America/New_York"
    finally:
        shop_file.unlink()


def tick(definitions: dg.Definitions, dagster: dg.DagsterInstance):
    (schedule,) = definitions.schedules
    with dg.build_schedule_context(dagster, scheduled_execution_time=datetime(2026, 1, 2, 1, tzinfo=UTC)) as context:
        return schedule(context)


HOLDER = (
    "import sys; from pathlib import Path\n"
    "from orchestration.paths import Home; from orchestration.refresh import lock\n"
    "lock.acquire(Home(Path(sys.argv[1]))); print('held', flush=True); sys.stdin.read()"
)


def test_a_night_is_skipped_while_a_refresh_is_under_way(definitions: dg.Definitions, parsed: Settings) -> None:
    with dg.DagsterInstance.local_temp() as dagster:
        request = tick(definitions, dagster)
        assert isinstance(request, dg.RunRequest)
        assert request.run_key.startswith("2026-01-02T01:00:00")
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(parsed.home.root)],
            cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with holder:
            assert holder.stdout.readline() == "held\n"
            skipped = tick(definitions, dagster)
            holder.stdin.close()
        assert isinstance(skipped, dg.SkipReason)
        assert "A refresh is under way" in skipped.skip_message
        assert isinstance(tick(definitions, dagster), dg.RunRequest)


def test_a_night_is_skipped_while_a_run_is_about_to_start(definitions: dg.Definitions, tmp_path: Path) -> None:
    with dg.DagsterInstance.from_config(str(instance.prepare(Home(tmp_path.resolve())))) as dagster:
        run = dagster.create_run_for_job(definitions.resolve_job_def("nightly"))
        skipped = tick(definitions, dagster)
        assert isinstance(skipped, dg.SkipReason)
        assert run.run_id in skipped.skip_message
        dagster.report_run_failed(run)
        assert isinstance(tick(definitions, dagster), dg.RunRequest)


def test_dagster_may_run_one_refresh_at_a_time(parsed: Settings) -> None:
    with dg.DagsterInstance.from_config(str(instance.prepare(parsed.home))) as dagster:
        assert dagster.get_concurrency_config().pool_config.default_pool_limit == 1
        assert dagster.get_concurrency_config().run_queue_config.max_concurrent_runs == 1


def test_assets_are_called_as_in_the_warehouse() -> None:
    translator = dbt_process.Translator()
    props = {"schema": "marts", "name": "customer_profit"}
    assert translator.get_asset_key(props) == dg.AssetKey(["marts", "customer_profit"])
    assert translator.get_group_name(props) == "marts"


def test_the_lock_is_the_steps_own_reason_to_try_again(parsed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.refresh import assets

    def is_held(home: Home) -> bool:
        raise lock.LockHeld("process 1 is at work")

    monkeypatch.setattr(lock, "acquire", is_held)
    with pytest.raises(dg.RetryRequested) as raised:
        assets.hold_lock(dg.build_asset_context(), parsed.home)
    assert raised.value.max_retries == assets.LOCK_RETRIES


def test_a_home_without_a_manifest_says_what_to_do(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import orchestration.definitions"],
        cwd=PROJECT,
        env={**os.environ, **Settings("demo", Home(tmp_path)).environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert loaded.returncode != 0
    assert "`make run` or `make ui` prepares it before Dagster needs it" in loaded.stderr
