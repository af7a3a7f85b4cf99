"""Ranges of past days, and tables repaired: what is made, what is left alone, what a person reads.

Days are stand-ins here, and publications have one table; the real thing is in `make test-long`, at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from conftest import Shop, published, refresh

from orchestration import backfill, demo_shop, publish, repair, retention_ledger, run
from orchestration.backfill import BackfillError, Outcome, days
from orchestration.landing import store
from orchestration.paths import PROJECT, Home
from orchestration.refresh import lock, made_of, models, past_days, proof, results, ui
from orchestration.refresh.settings import Settings

LAST = date(2025, 6, 30)
A_TABLE = "create table {}.a_table as select {} as generation"


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A shop that has landed a load, and whose nightly tables in force are of 30 June 2025."""
    home = Home((tmp_path_factory.mktemp("bakery") / "home").resolve())
    land(home, 1)
    (home.landed / "shop.json").write_text('{"shop": "bakery", "shop_opened_on": "2025-01-01"}')
    publish_day(Settings("bakery", home), LAST)
    return home


@pytest.fixture
def shop(bakery: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The bakery, in a home of its own."""
    for name in list(os.environ):
        if name.startswith(("WAREHOUSE_", "DBT_", "DAGSTER_")):
            monkeypatch.delenv(name)
    home = Home((tmp_path / "home").resolve())
    monkeypatch.setenv("WAREHOUSE_HOME", str(home.root))
    shutil.copytree(bakery.root, home.root, symlinks=True)
    return Settings("bakery", home)


def land(home: Home, load_id: int) -> None:
    store.write_manifest(home.landed, load_id, datetime(2025, 7, load_id), [])


def build(home: Home, day: date, generation: int = 1) -> None:
    """A private warehouse of a mart and the day."""
    home.private.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"create schema marts; create schema metadata; {A_TABLE.format('marts', generation)}")
        connection.execute(f"create table metadata.as_of as select date '{day}' as as_of_date")


def publish_day(shop: Settings, day: date, generation: int = 1) -> None:
    """Build and publish, as a refresh does at its end."""
    build(shop.home, day, generation)
    number = len(publish.publications(shop.home))
    started_at = datetime(2025, 7, 1, tzinfo=UTC)
    run = publish.Run(publish.new_run_id(started_at, f"run-{number}"), shop.shop, started_at, made_of.versions(shop))
    publish.publish(shop.home, run, [], lambda marts, folder: None)


def of_day(shop: Settings, day: str) -> Settings:
    return replace(shop, home=Home(shop.home.root, day))


# Which days


def test_a_range_is_each_day_or_sundays_or_month_ends() -> None:
    assert days(date(2024, 2, 27), date(2024, 3, 1)) == [
        date(2024, 2, 27), date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1),
    ]  # fmt: skip
    assert days(date(2024, 1, 31), date(2024, 4, 29), "month") == [
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31),
    ]  # fmt: skip
    assert days(date(2024, 12, 29), date(2025, 1, 12), "week") == [
        date(2024, 12, 29), date(2025, 1, 5), date(2025, 1, 12),
    ]  # fmt: skip
    assert days(date(2025, 1, 1), date(2025, 1, 1)) == [date(2025, 1, 1)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2025-06-01", "--until", "2025-06-29", "--step", "month"], "No month ends from 2025-06-01 until"),
        (["--from", "2025-06-02", "--until", "2025-06-01"], "No day from 2025-06-02 until 2025-06-01."),
        (["--from", "2025-06-01", "--step", "year"], "STEP is one of day, week, month, and not year."),
        (["--from", "", "--until", ""], "'' is no day: give FROM as year-month-day, for example 2025-01-31."),
        (["--from", "2025-06-01", "--until", "30.06.2025"], "'30.06.2025' is no day: give UNTIL as year-month-day"),
        (["--from", "2025-06-30", "--until", "2025-07-01"], "2025-07-01 is not known yet: the tables in force are of"),
        (
            ["--from", "2025-06-01", "--until", "9999-12-31", "--step", "month"],
            "9999-12-31 is not known yet: the tables",
        ),
        (["--from", "2025-06-01", "--shop", "butcher"], "is the home of the shop 'bakery', not of 'butcher'"),
    ],
)
def test_what_cannot_be_built_is_said_before_anything_is(
    shop: Settings, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backfill.main(["--shop", "bakery", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (shop.home.root / "as_of").exists()


def test_a_run_for_a_day_that_is_not_known_yet_is_refused_like_a_backfill(
    shop: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "carry_out", lambda settings, progress: 0)
    assert run.main(["--shop", "bakery", "--as-of", "2025-06-30"]) == 0
    assert run.main(["--shop", "bakery", "--as-of", "2025-07-01"]) == 2
    assert "2025-07-01 is not known yet: the tables in force are of 2025-06-30." in capsys.readouterr().err
    later = ["--shop", "bakery", "--as-of", "2025-07-01"]
    assert (repair.main([*later, "--table", "marts.order_profit"]), ui.main(later)) == (2, 1)
    assert capsys.readouterr().err.count("2025-07-01 is not known yet") == 2
    assert not (shop.home.root / "as_of").exists()
    (shop.home.current / publish.MARTS_FILE).write_bytes(b"no database")
    assert run.main(["--shop", "bakery", "--as-of", "2025-07-01"]) == 0
    shutil.rmtree(shop.home.published)
    assert run.main(["--shop", "bakery", "--as-of", "2025-07-01"]) == 0
    assert run.main(["--shop", "bakery", "--as-of", "2999-01-01"]) == 2
    assert "2999-01-01 is not known yet: today is " in capsys.readouterr().err


def test_a_first_night_comes_before_past_days(shop: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(shop.home.published)
    assert backfill.main(["--shop", "bakery", "--from", "2025-06-01"]) == 2
    assert "`make run` comes before past days" in capsys.readouterr().err
    shutil.rmtree(shop.home.landed)
    assert backfill.main(["--from", "2025-06-01"]) == 2
    assert "`make run` lands its files" in capsys.readouterr().err


def test_a_publication_that_cannot_be_read_is_told_with_what_to_do(
    shop: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop.home.current / publish.MARTS_FILE).write_bytes(b"no database")
    assert backfill.main(["--shop", "bakery", "--from", "2025-06-01"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("The publication in force cannot be read (")
    assert said.endswith("`make rollback` puts the publication before it in force.\n")
    assert not (shop.home.root / "as_of").exists()


# What is left alone


def land_another(shop: Settings) -> None:
    land(Home(shop.home.root), 2)


def hand_in_another_currency(shop: Settings) -> None:
    (shop.home.landed / "shop.json").write_text('{"shop": "bakery", "reporting_currency": "GBP"}')


def erase_somebody(shop: Settings) -> None:
    (shop.home.root / "erasures.csv").write_text("hash\n")


def list_somebody(shop: Settings, on: str = "2025-06-29") -> None:
    ledger = shop.home.root / retention_ledger.FILE
    ledger.write_text(f"listed_on,customer_id,reason,is_held_out\n{on},ada,late,false\n")


CHANGES = [land_another, hand_in_another_currency, erase_somebody, list_somebody]


@pytest.mark.parametrize("change", CHANGES)
def test_a_day_is_left_alone_while_it_is_made_of_the_same(shop: Settings, change: Callable[[Settings], None]) -> None:
    day = of_day(shop, "2025-06-30")
    assert not made_of.is_published(day)
    publish_day(day, LAST)
    assert made_of.is_published(day)
    # Lists of that day and after are not read by it: each night writes one.
    list_somebody(day, "2025-06-30")
    assert made_of.is_published(day)
    change(day)
    assert not made_of.is_published(day)


def test_a_day_is_made_again_when_models_or_programs_are_others(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = of_day(shop, "2025-06-30")
    publish_day(day, LAST)
    with monkeypatch.context() as patched:
        patched.setattr(models, "versions", lambda _: models_of_tomorrow)
        models_of_tomorrow = {"settings": "same", "models": "another"}
        assert not made_of.is_published(day)
    with monkeypatch.context() as patched:
        patched.setattr(made_of, "version", lambda program: "99")
        assert not made_of.is_published(day)
    assert made_of.is_published(day)


def test_a_publication_that_does_not_say_what_it_is_made_of_is_made_again(shop: Settings) -> None:
    day = of_day(shop, "2025-06-30")
    publish_day(day, LAST)
    file = day.home.current / publish.MARTS_FILE
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table metadata.run drop column landed_version")
    assert not made_of.is_published(day)
    file.write_bytes(b"no database")
    assert not made_of.is_published(day)


@pytest.mark.parametrize("change", [None, *CHANGES, "rows", "tables"])
def test_what_was_built_is_told_from_what_would_be_another(
    shop: Settings, change: Callable[[Settings], None] | str | None
) -> None:
    build(shop.home, LAST)
    assert not made_of.is_built(shop)
    made_of.note_built(shop, made_of.versions(shop))
    assert made_of.is_built(shop)
    if change == "rows":
        with duckdb.connect(str(shop.home.warehouse)) as connection:
            connection.execute("update marts.a_table set generation = 2")
    elif change == "tables":
        shop.home.warehouse.unlink()
    elif change:
        change(shop)
    else:
        with duckdb.connect(str(shop.home.warehouse), read_only=True) as connection:
            connection.execute("from marts.a_table").fetchall()
    assert made_of.is_built(shop) == (change is None)
    made_of.forget_built(shop.home)
    assert not made_of.is_built(shop)


@pytest.mark.parametrize("left", [b"", bytes(200), b'{"made_of": {"dbt', b"\xff\xfe"])
def test_what_a_power_cut_left_of_it_says_that_nothing_was_built(shop: Settings, left: bytes) -> None:
    build(shop.home, LAST)
    made_of.note_built(shop, made_of.versions(shop))
    judged = shop.home.private / "checks" / "dbt.json"
    results.write(judged, [])
    assert made_of.is_built(shop)
    assert results.are_there(judged)
    for file in (shop.home.private / made_of.BUILT, judged):
        file.write_bytes(left)
    assert not made_of.is_built(shop)
    assert not results.are_there(judged)
    assert not (shop.home.private / made_of.BUILT).exists()
    assert not judged.exists()


# A call, and the same call again


class Days:
    """Stands in for the processes of the days. `made` are the days it was asked for; those in `failing` fail."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.failing: dict[str, str] = {}

    def __call__(self, day: Settings) -> str | None:
        self.made.append(day.home.as_of)
        if failure := self.failing.get(day.home.as_of):
            return failure
        publish_day(day, date.fromisoformat(day.home.as_of))
        return None


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Days:
    stand_in = Days()
    monkeypatch.setattr(backfill, "_in_a_process", stand_in)
    return stand_in


MONTHS = ["2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"]
CALL = ["--shop", "bakery", "--from", "2025-03-01", "--step", "month"]


def test_a_day_that_fails_stops_no_other_and_the_same_call_makes_it_alone(
    shop: Settings, stand_in: Days, capsys: pytest.CaptureFixture[str]
) -> None:
    tonight = (shop.home.current / publish.MARTS_FILE).read_bytes()
    stand_in.failing = {"2025-04-30": "Two orders have one number."}
    told: list[str] = []
    assert backfill.main(CALL, told.append) == 1
    assert stand_in.made == MONTHS
    assert told == [
        "2025-03-31: built and published",
        "2025-04-30: failed: Two orders have one number.",
        "2025-05-31: built and published",
        "2025-06-30: built and published",
    ]
    paragraph = capsys.readouterr().err.strip()
    assert "\n" not in paragraph
    assert paragraph.startswith(
        "The backfill failed for 1 of 4 days: 2025-04-30 (Two orders have one number). Tonight's tables are untouched"
    )
    assert "When the cause is mended, run the same command again. It makes these days and no others." in paragraph

    stand_in.made, stand_in.failing = [], {}
    assert backfill.main(CALL, told.append) == 0
    assert stand_in.made == ["2025-04-30"]
    assert told[-1] == "4 days: 1 built and published, 3 there already"
    assert told[-4] == "2025-04-30: built and published"

    stand_in.made = []
    land_another(shop)
    assert backfill.main(CALL, told.append) == 0
    assert stand_in.made == MONTHS
    assert (shop.home.current / publish.MARTS_FILE).read_bytes() == tonight


def test_dagsters_page_knows_the_days_that_a_call_has_made(shop: Settings, stand_in: Days) -> None:
    stand_in.failing = {"2025-04-30": "Two orders have one number."}
    backfill.main(CALL, lambda line: None)
    with dg.DagsterInstance.from_config(shop.home.environment()["DAGSTER_HOME"]) as dagster:
        made = dagster.get_materialized_partitions(past_days.PAST_DAYS)
    assert made == {"2025-03-31", "2025-05-31", "2025-06-30"}


def test_what_a_disk_or_a_memory_lacks_is_said(shop: Settings) -> None:
    failures = [Outcome(day, failure="No space left on device") for day in MONTHS]
    told = backfill.paragraph([*failures, Outcome("2025-07-31")], shop.home)
    assert "failed for 4 of 5 days" in told
    assert "; and 1 more: 2025-06-30. " in told
    assert "Make room, then run the same command again." in told


def test_a_day_that_went_wrong_on_its_way_stops_no_other(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(day: Settings) -> Outcome:
        raise OSError("Input/output error")

    monkeypatch.setattr(backfill, "make", make)
    assert [one.failure for one in backfill.make_all(shop, [LAST, date(2025, 7, 1)])] == [
        "Input/output error.",
        "2025-07-01 is not known yet: the tables in force are of 2025-06-30.",
    ]


def test_an_erasure_half_way_comes_first(shop: Settings) -> None:
    (shop.home.root / "erasure.unfinished").write_text('{"is_clean": false}')
    with pytest.raises(BackfillError, match="`make run` finishes it"):
        backfill.of_day(shop, LAST)


# From a day to the next


def test_a_published_day_hands_its_warehouse_on(shop: Settings) -> None:
    first, second, third = (of_day(shop, day) for day in MONTHS[:3])
    publish_day(first, date(2025, 3, 31), generation=7)
    (first.home.private / "fits").mkdir()
    assert backfill.take_over(second) == "2025-03-31"
    assert second.home.warehouse.exists()
    assert (second.home.private / "fits").is_dir()
    assert not first.home.warehouse.exists()
    assert made_of.is_published(first)
    # A day that is not published keeps what it has: it goes on from there.
    assert backfill.take_over(third) is None
    assert second.home.warehouse.exists()


def test_nobody_takes_what_is_in_use(shop: Settings) -> None:
    first, second = (of_day(shop, day) for day in MONTHS[:2])
    publish_day(first, date(2025, 3, 31))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(shop.home.root), "2025-03-31"],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert backfill.take_over(second) is None
        holder.stdin.close()
    log = first.home.warehouse.with_name("warehouse.duckdb.wal")
    log.touch()
    assert backfill.take_over(second) is None
    log.unlink()
    build(second.home, date(2025, 4, 30))
    assert backfill.take_over(second) is None
    second.home.warehouse.unlink()
    assert backfill.take_over(second) == "2025-03-31"
    assert not lock.is_held_elsewhere(first.home)


HOLDER = (
    "import sys; from pathlib import Path\n"
    "from orchestration.paths import Home; from orchestration.refresh import lock\n"
    "lock.acquire(Home(Path(sys.argv[1]), sys.argv[2])); print('held', flush=True); sys.stdin.read()"
)


# The process of a day


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ("print('models and tests')", None),
        ("print('landing'); print('The shop is closed.'); sys.exit(1)", "The shop is closed."),
        ("os.kill(os.getpid(), signal.SIGKILL)", "It was ended by SIGKILL, from outside or for want of memory."),
        ("sys.exit(1)", "It said nothing; its log is "),
    ],
)
def test_a_day_ends_with_its_last_line(
    shop: Settings, script: str, failure: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "elsewhere" / "orchestration"
    (package / "refresh").mkdir(parents=True)
    for name in ("__init__.py", "refresh/__init__.py"):
        (package / name).touch()
    shutil.copy(PROJECT / "orchestration" / "refresh" / "tied.py", package / "refresh")
    asked = "assert (os.environ['WAREHOUSE_AS_OF'], sys.argv[1:]) == ('2025-03-31', ['--this-day'])\n"
    (package / "backfill.py").write_text(f"import os, signal, sys\n{asked}{script}\n")
    monkeypatch.setattr(backfill, "PROJECT", package.parent)
    day = of_day(shop, "2025-03-31")
    found = backfill._in_a_process(day)
    assert (found == failure) if failure is None else found.startswith(failure)
    assert "models and tests" in (day.home.private / "logs" / "backfill.log").read_text() or failure


def test_the_last_line_of_a_day_is_what_failed(
    shop: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def complete(day: Settings, tell: Callable[[str], None]) -> None:
        tell(f"landing of {day.home.as_of}")
        raise backfill.run.RefreshFailed("Two orders\nhave one number.")

    monkeypatch.setattr(backfill.run, "complete", complete)
    for name, value in of_day(shop, "2025-03-31").environment().items():
        monkeypatch.setenv(name, value)
    assert backfill.main(["--this-day"]) == 1
    assert capsys.readouterr().out == "landing of 2025-03-31\nTwo orders have one number.\n"
    monkeypatch.setattr(backfill.run, "complete", lambda day, tell: None)
    assert backfill.main(["--this-day"]) == 0


# From Dagster


def test_a_partition_is_a_day(shop: Settings, stand_in: Days) -> None:
    job = dg.Definitions(assets=[past_days.past_days(shop)], jobs=[past_days.past_days_job()])
    job = job.resolve_job_def("past_days")
    assert job.partitions_def.get_first_partition_key() == "2025-01-01"
    with dg.DagsterInstance.ephemeral() as dagster:

        def run(day: str) -> dg.ExecuteInProcessResult:
            return job.execute_in_process(partition_key=day, instance=dagster, raise_on_error=False)

        assert run("2025-06-30").success
        assert run("2025-06-30").success
        assert stand_in.made == ["2025-06-30"]
        stand_in.failing = {"2025-05-31": "Two orders have one number."}
        failed = run("2025-05-31")
        assert "Two orders have one number." in str(failed.failure_data_for_node("published__past_days"))
        assert not run("2025-07-01").success
        assert stand_in.made == ["2025-06-30", "2025-05-31"]
        assert dagster.get_materialized_partitions(past_days.PAST_DAYS) == {"2025-06-30"}


# Repair


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    home = Home(tmp_path_factory.mktemp("repair") / "home")
    models.prepare_manifest(Settings("demo", home))
    return models.read_manifest(home)


def test_a_table_is_named_alone_or_with_its_schema(manifest: dict) -> None:
    assert repair.table_of(manifest, "order_profit") == repair.table_of(manifest, "marts.order_profit")
    assert repair.table_of(manifest, "settings.cost_rates")["resource_type"] == "seed"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("marts.ordr_profit", r"There is no table marts\.ordr_profit to repair\. Near it are marts\.order_profit, "),
        ("costrates", r"Near it are cost_rates"),
        ("core.order_profit", r"There is no table core\.order_profit to repair\. Near it are .*marts\.order_profit"),
        ("zzzzzz", r"There is no table zzzzzz to repair\. Name one as schema\.name, such as marts\.order_profit\."),
        ("", r"There is no table without a name to repair\."),
        ("landed.orders", r"landed\.orders is what came in .* hand in the right rows as a correction\."),
    ],
)
def test_a_table_that_is_not_there_is_answered_with_near_ones(manifest: dict, named: str, said: str) -> None:
    with pytest.raises(repair.RepairError, match=said):
        repair.table_of(manifest, named)


def test_a_slip_is_told_before_anything_is_done(shop: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    before = (shop.home.current / publish.MARTS_FILE).read_bytes()
    assert repair.main(["--shop", "bakery", "--table", "marts.ordr_profit"]) == 2
    assert "Near it are marts.order_profit" in capsys.readouterr().err
    assert (shop.home.current / publish.MARTS_FILE).read_bytes() == before


def test_a_table_and_what_is_built_on_it_are_forgotten_and_no_other(manifest: dict, tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert "0 kept tables" in repair.forget(home, manifest, "metadata.input_fates")
    everything = {node["name"] for node in manifest["nodes"].values() if node["config"].get("materialized") == "kept"}
    below = repair.kept_from(manifest, repair.table_of(manifest, "fct_pool_costs"))
    assert {
        "core.fct_pool_costs",
        "core.fct_order_costs",
        "marts.customer_profit_monthly",
        "segmentation.customer_day_measures",
    } <= set(below)
    assert "core.fct_driver_units" not in below
    home.private.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema kept; create schema core; " + A_TABLE.format("core", 1))
        for node in manifest["nodes"].values():
            if node["name"] in everything:
                connection.execute(f"create table kept.{node['schema']}__{node['name']} as select 1 as part")
    assert f"{len(below)} kept tables" in repair.forget(home, manifest, "core.fct_pool_costs")
    with duckdb.connect(str(home.warehouse)) as connection:
        left = connection.execute("select table_name from duckdb_tables() where schema_name = 'kept'").fetchall()
        assert connection.execute("select generation from core.a_table").fetchall() == [(1,)]
    assert {name.split("__", 1)[1] for (name,) in left} == everything - {name.split(".")[1] for name in below}


def test_a_repair_is_a_refresh_that_lands_nothing(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Settings, list[str]]] = []

    def carry_out(settings: Settings, forget: list[str]) -> int:
        asked.append((settings, forget))
        return 0

    monkeypatch.setattr(backfill.run, "carry_out", carry_out)
    assert repair.main(["--shop", "bakery", "--as-of", "2025-03-31", "--table", "order_profit"]) == 0
    assert asked == [(of_day(shop, "2025-03-31"), ["marts.order_profit"])]


# The real thing

MONTH_ENDS = ["2023-10-31", "2023-11-30", "2023-12-31"]
AT_WORK = "private/logs/dbt_console.log"


def command(home: Home, module: str, *arguments: str) -> subprocess.Popen[str]:
    """A command of the Makefile, without make."""
    return subprocess.Popen(
        [sys.executable, "-m", f"orchestration.{module}", *arguments],
        cwd=PROJECT,
        env={**os.environ, "WAREHOUSE_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outcome(started: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = started.communicate()
    return started.returncode, said


def backfilled(home: Home) -> subprocess.Popen[str]:
    return command(home, "backfill", "--from", "2023-10-01", "--until", "2023-12-31", "--step", "month")


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def in_the_middle(home: Home, day: str) -> None:
    """Wait until dbt has been at work on that day for a while."""
    until = time.monotonic() + 600
    log = home.root / "as_of" / day / AT_WORK
    while not (log.exists() and log.stat().st_size > 20_000):
        assert time.monotonic() < until, f"dbt never came to {day}"
        time.sleep(0.2)


@pytest.mark.long
@pytest.mark.timeout(2 * 3600)
def test_month_ends_that_were_killed_and_a_table_changed_by_hand(tmp_path: Path) -> None:
    """The call is killed in its first day, the second day in the call after it; in the end each is as built alone.

    Then rows of a kept table are changed by hand, a night is built on them, and the table is repaired.
    """
    home, alone = Home((tmp_path / "home").resolve()), Home((tmp_path / "alone").resolve())
    demo_shop.generate(home.root / "input", customers=300, years=1, progress=lambda line: None)
    assert refresh(home.root).returncode == 0
    shutil.copytree(home.root, alone.root, symlinks=True)
    for day in MONTH_ENDS:
        done = refresh(alone.root, "--as-of", day)
        assert done.returncode == 0, done.stderr

    first = backfilled(home)
    in_the_middle(home, MONTH_ENDS[0])
    first.kill()
    assert outcome(first)[0] == -signal.SIGKILL
    assert not (home.root / "as_of" / MONTH_ENDS[0] / "published" / "current").exists()

    second = backfilled(home)
    in_the_middle(home, MONTH_ENDS[1])
    os.kill(children(second.pid)[0], signal.SIGKILL)
    code, second_said = outcome(second)
    assert code == 1, second_said
    assert f"{MONTH_ENDS[0]}: built and published" in second_said
    assert f"{MONTH_ENDS[2]}: built and published" in second_said
    assert f"failed for 1 of 3 days: {MONTH_ENDS[1]} (It was ended by SIGKILL" in second_said

    code, said = outcome(backfilled(home))
    assert code == 0, said
    assert "3 days: 1 built and published, 2 there already" in said
    for day in MONTH_ENDS:
        by_range, by_itself = (Shop(Home(one.root, day), "") for one in (home, alone))
        assert published(by_range) == published(by_itself), day
        assert len(published(by_range)) > 50

    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            "update marts.customer_profit_monthly set net_profit = net_profit + 1 where hash(customer_id) % 7 = 0"
        )
    refresh(home.root)
    shop = Settings("demo", home, home.root / "input")
    assert "marts.customer_profit_monthly" in proof.prove(shop).differing
    code, repaired = outcome(command(home, "repair", "--shop", "demo", "--table", "customer_profit_monthly"))
    assert code == 0, repaired
    found = proof.prove(shop)
    assert not found.differing
    print("\n".join([*second_said.splitlines()[:3], *said.splitlines(), *repaired.splitlines()]))
    print(f"3 month ends, killed twice, are those built alone; repaired, {found.tables} tables are those from scratch")
