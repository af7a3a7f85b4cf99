"""Around the nightly job: whose refresh it is, how dbt and the audits are driven, what a person reads at the end."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import jinja2
import pyarrow as pa
import pytest

from expectations.tolerances import Tolerance
from orchestration import parsed, run
from orchestration.landing import store
from orchestration.paths import PROJECT, Home, home_of
from orchestration.refresh import (
    assets,
    audits,
    dbt_process,
    failing_rows,
    freshness,
    instance,
    models,
    settings,
    summary,
)
from orchestration.refresh.audits import AuditError, Auditor
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings, SettingsError, demo_input, from_environment, model_vars, resolve

CONNECTORS = frozenset({"online_retail"})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, and an environment that names it."""
    for name in list(os.environ):
        if name.startswith(("WAREHOUSE_", "DBT_", "DAGSTER_")):
            monkeypatch.delenv(name)
    root = (tmp_path / "home").resolve()
    monkeypatch.setenv("WAREHOUSE_HOME", str(root))
    return Home(root)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "Corner Shop 7"
    folder.mkdir()
    return folder


def write_shop(home: Home, **shop: object) -> None:
    home.landed.mkdir(parents=True, exist_ok=True)
    settings.shop_file(home).write_text(json.dumps(shop), encoding="utf-8")


# Whose refresh it is


def test_without_anything_it_is_the_demo_shop(home: Home) -> None:
    assert resolve() == Settings("demo", home, home.root / "input", None)
    assert resolve().is_demo


def test_without_a_named_home_each_shop_has_its_own(home: Home, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAREHOUSE_HOME")
    assert resolve().home == home_of("demo") == Home(PROJECT / "warehouses" / "demo")
    assert resolve(source=str(inbox)).home == Home(PROJECT / "warehouses" / "corner_shop_7")


def test_an_input_alone_is_a_shop_named_by_its_folder_or_by_its_shop_yml(home: Home, inbox: Path) -> None:
    assert resolve(source=str(inbox)) == Settings("corner_shop_7", home, inbox.resolve(), None)
    (inbox / "shop.yml").write_text("shop: bakery\n", encoding="utf-8")
    assert resolve(source=str(inbox)).shop == "bakery"
    assert not resolve(source=str(inbox)).is_demo


def test_a_shop_of_a_connectors_name_is_read_through_it(home: Home, inbox: Path) -> None:
    assert resolve("online_retail", str(inbox), connectors=CONNECTORS).connector == "online_retail"
    assert resolve("other", str(inbox), connectors=CONNECTORS).connector is None


def test_a_shop_without_input_is_built_from_what_it_has_landed(home: Home) -> None:
    with pytest.raises(
        SettingsError, match=r"'bakery' has nothing landed in .* yet: give the folder of its files as INPUT"
    ):
        resolve("bakery")
    write_shop(home, shop="bakery")
    assert resolve("bakery").source is None


@pytest.mark.parametrize("name", ["shops [old]", "shop*", "shop?"])
def test_a_home_whose_path_is_a_pattern_is_refused(
    home: Home, inbox: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(home.root / name / "home"))
    with pytest.raises(SettingsError, match=r"cannot be a home: .* Set WAREHOUSE_HOME to a folder without them\."):
        resolve(source=str(inbox))


def test_a_home_whose_path_holds_a_quote_is_read(home: Home) -> None:
    """As /home/o'neil does."""
    folder = home.root / "o'neil"
    for table in ("landed/orders", "landed/products", "private"):
        store.write_whole(
            folder / table / "customer_keys.parquet", pa.table({"customer_id": ["7"], "customer_key": ["k"]})
        )
    said = []
    customer = {"customer_id": SimpleNamespace(customer=True)}
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(
        (PROJECT / "macros" / "engines.sql").read_text(encoding="utf-8"),
        globals={
            "run_query": said.append,
            "env_var": lambda name, default: str(folder / "private"),
            "input_tables": lambda: ["orders"],
            "contract_of": lambda table: SimpleNamespace(columns=customer),
        },
    )
    macros = template.module
    macros.duckdb__register_folder("landed.orders", str(folder / "landed" / "orders"))
    macros.duckdb__register_customer_keys(str(folder / "landed") + "/")
    with duckdb.connect() as connection:
        connection.execute("create schema landed")
        for statement in said:
            connection.execute(statement)
        assert connection.execute("from landed.orders").fetchall() == [("k", "k")]
    macros.spark__register_folder("landed.orders", str(folder))
    assert said[-1].endswith(r"/o\'neil'")


def test_a_home_is_never_shared(home: Home, inbox: Path) -> None:
    write_shop(home, shop="bakery")
    with pytest.raises(SettingsError, match="is the home of the shop 'bakery', not of 'butcher'"):
        resolve("butcher", str(inbox))
    with pytest.raises(SettingsError, match="is the home of the shop 'bakery', not of 'demo'"):
        resolve()
    write_shop(home, shop=home.root.name)
    with pytest.raises(SettingsError, match="holds another shop than the demo"):
        resolve()


def test_a_shop_has_one_name_from_its_first_night_on(home: Home, inbox: Path) -> None:
    """With two, the first night was green, and each one after it refused."""
    (inbox / "shop.yml").write_text("shop: butcher\n")
    with pytest.raises(SettingsError, match=r"SHOP is bakery, and .*shop\.yml calls the shop butcher: give it one"):
        resolve("bakery", str(inbox))
    assert resolve("butcher", str(inbox)).shop == "butcher"
    (inbox / "shop.yml").write_text("shop: [\n")
    assert resolve("bakery", str(inbox)).shop == "bakery", "the landing says what is wrong with it"


def test_a_demo_shop_of_another_folder_is_built_from_what_it_has_landed(home: Home, inbox: Path) -> None:
    """One that `make generate` has made: whatever came after its `make run INPUT=` was told to name it with SHOP."""
    write_shop(home, shop="demo")
    assert resolve("demo", str(inbox)).source == inbox.resolve()
    for shop in (None, "demo"):
        settings = resolve(shop)
        assert (settings.shop, settings.source, settings.is_demo) == ("demo", None, False)
    demo_input(home).mkdir(parents=True)
    assert resolve().is_demo


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"shop: [bakery\n", "shop.yml is no valid YAML"),
        (b"shop: b\xe4ckerei\n", "shop.yml is no valid YAML"),
        (b"- bakery\n", "shop.yml must hold lines like"),
    ],
)
def test_a_shop_yml_that_cannot_be_read_is_said_in_a_paragraph(
    home: Home, inbox: Path, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    (inbox / "shop.yml").write_bytes(content)
    with pytest.raises(SettingsError, match=f"^{inbox.resolve()}/shop.yml: {said}"):
        resolve(source=str(inbox))
    assert run.main(["--input", str(inbox)]) == 2
    (paragraph,) = capsys.readouterr().err.splitlines()
    assert said in paragraph


@pytest.mark.parametrize(
    ("shop", "source", "as_of", "message"),
    [
        (None, "no such folder", None, "There is no input folder no such folder"),
        ("../elsewhere", None, None, "cannot be the name of a shop"),
        ("Demo", None, None, "lower case"),
        (None, None, "30.06.2025", "give AS_OF as year-month-day"),
        (None, None, "2025-02-30", "is no day"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(home: Home, shop, source, as_of, message) -> None:
    with pytest.raises(SettingsError, match=message):
        resolve(shop, source, as_of)


def test_settings_survive_the_environment(home: Home, inbox: Path) -> None:
    for wanted in (
        resolve(),
        resolve("online_retail", str(inbox), "2025-06-30", CONNECTORS),
        replace(resolve(source=str(inbox)), source=None),
    ):
        assert from_environment(wanted.environment()) == wanted
    assert from_environment({}) == Settings("demo", home, None, None)


def test_nothing_calls_home(home: Home) -> None:
    environment = resolve().environment()
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert environment["GX_ANALYTICS_ENABLED"] == "false"
    with dg.DagsterInstance.from_config(str(instance.prepare(home))) as dagster:
        assert not dagster.telemetry_enabled
        assert not dagster.nux_enabled
        assert Path(dagster.root_directory).is_relative_to(home.private)


def test_the_models_take_the_shops_settings_and_the_day(home: Home) -> None:
    assert model_vars(Settings("bakery", home)) == {"shop": "bakery"}
    write_shop(home, shop="home", connector=None, reporting_currency="GBP", prices_include_tax=False)
    assert model_vars(Settings("bakery", Home(home.root, "2025-06-30"))) == {
        "shop": "bakery",
        "reporting_currency": "GBP",
        "prices_include_tax": False,
        "as_of_date": "2025-06-30",
    }


def test_the_time_zone_is_the_shops_else_the_projects(home: Home) -> None:
    assert settings.time_zone(home) == "Europe/Berlin"
    write_shop(home, shop="home", reporting_time_zone="Europe/London")
    assert settings.time_zone(home) == "Europe/London"


# How dbt is driven


def test_a_build_starts_dbt_once_and_leaves_unit_tests_to_the_tests(home: Home) -> None:
    arguments = models.build_arguments(Settings("bakery", home))
    assert arguments.count("build") == 1
    assert arguments[arguments.index("--exclude-resource-type") + 1] == "unit_test"
    assert json.loads(arguments[arguments.index("--vars") + 1]) == {"shop": "bakery"}
    assert arguments[arguments.index("--target") + 1] == "duckdb"


def test_a_shop_that_is_large_for_the_memory_is_built_one_by_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four million landed rows for each GB are the bound: two loads of this shop are below it, and three above."""
    monkeypatch.setenv("WAREHOUSE_MEMORY", "1000MB")
    for load_id, rows in enumerate((1_500_000, 2_400_000, 200_000), start=1):
        assert "--threads" not in models.build_arguments(Settings("bakery", home))
        entry = {"table_name": "orders", "source_file": f"{load_id}.csv", "content_sha256": f"{load_id}",
                 "file_bytes": 1, "rows_read": rows, "rows_unreadable": 0, "outcome": "landed"}  # fmt: skip
        store.write_manifest(home.landed, load_id, datetime(2026, 1, load_id), [entry])
    arguments = models.build_arguments(Settings("bakery", home))
    assert arguments[arguments.index("--threads") + 1] == "1"
    for more in ("1100MB", "1tb", "none"):
        monkeypatch.setenv("WAREHOUSE_MEMORY", more)
        assert "--threads" not in models.build_arguments(Settings("bakery", home))
    monkeypatch.setenv("WAREHOUSE_MEMORY", "plenty")
    with pytest.raises(models.ModelsError, match=r"WAREHOUSE_MEMORY is plenty.*such as 6GB"):
        models.build_arguments(Settings("bakery", home))


def test_the_manifest_is_stale_when_what_it_is_made_from_changes(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "seeds").mkdir()
    model, seed = tmp_path / "models" / "one.sql", tmp_path / "seeds" / "rates.csv"
    model.write_text("select 1 as one")
    seed.write_text("rate\n1\n")
    before = parsed.fingerprint_of(tmp_path, "duckdb")
    assert parsed.fingerprint_of(tmp_path, "duckdb") == before
    seed.write_text("rate\n2\n")
    assert parsed.fingerprint_of(tmp_path, "duckdb") == before
    assert parsed.fingerprint_of(tmp_path, "spark") != before
    (tmp_path / "copy").mkdir()
    for folder in ("models", "seeds"):
        shutil.copytree(tmp_path / folder, tmp_path / "copy" / folder)
    assert parsed.fingerprint_of(tmp_path / "copy", "duckdb") != before
    model.write_text("select 2 as one")
    changed = parsed.fingerprint_of(tmp_path, "duckdb")
    assert changed != before
    (tmp_path / "models" / "two.sql").write_text("select 2 as two")
    assert parsed.fingerprint_of(tmp_path, "duckdb") != changed


def node(kind: str, name: str, schema: str = "marts", **more: object) -> dict:
    return {
        "resource_type": kind, "name": name, "schema": schema, "description": "", "column_name": None,
        "depends_on": {"nodes": []}, "config": {"severity": "ERROR", "meta": {}}, **more,
    }  # fmt: skip


@pytest.fixture
def manifest() -> dict:
    profit, orders = "model.p.customer_profit", "model.p.fct_orders"
    return {
        "nodes": {
            profit: node("model", "customer_profit"),
            orders: node("model", "fct_orders", "core"),
            "test.p.unique": node(
                "test", "customer_profit_has_one_row_per_customer", attached_node=profit, column_name="customer_id",
                depends_on={"nodes": [profit]},
            ),
            "test.p.adds_up": node("test", "customers_add_up_to_the_company", depends_on={"nodes": [orders, profit]}),
            "test.p.warns": node(
                "test", "orders_are_recent", attached_node=orders, description="Orders are\n recent",
                config={"severity": "warn", "meta": {}}, depends_on={"nodes": [orders]},
            ),
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("orchestration/lifetime_value/fitting.py", "models"),
        ("orchestration/segments/clusters.py", "models"),
        ("orchestration/retention_ledger.py", "models"),
        ("models/marts/customers.sql", "models"),
        ("seeds/settings/cost_rates.csv", "settings"),
    ],
)
def test_whatever_makes_tables_is_in_the_versions(
    file: str, kind: str, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a night that stopped would be taken up with tables made by the Python that was mended since."""
    for name in (*parsed.MADE_FROM, *models.PYTHON_OF_MODELS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        made = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        made(PROJECT / name, tmp_path / name)
    monkeypatch.setattr(models, "PROJECT", tmp_path)
    settings = Settings("bakery", home)
    before = models.versions(settings)
    with (tmp_path / file).open("a") as changed:
        changed.write("\n")
    assert {name for name, digest in models.versions(settings).items() if digest != before[name]} == {kind}


def test_a_claim_on_several_tables_is_shown_at_the_one_people_read(manifest: dict) -> None:
    placed = models.place_tests(manifest)["nodes"]
    assert placed["test.p.adds_up"]["config"]["meta"]["dagster"]["ref"] == {"name": "customer_profit"}
    assert placed["test.p.unique"]["config"]["meta"] == {}
    assert placed["test.p.warns"]["config"]["meta"] == {}


def test_tests_of_dbt_become_check_results(manifest: dict) -> None:
    outcomes = [
        {"unique_id": "model.p.customer_profit", "status": "success", "failures": None, "message": "OK"},
        {"unique_id": "test.p.unique", "status": "pass", "failures": 0, "message": None},
        {"unique_id": "test.p.adds_up", "status": "fail", "failures": 3, "message": "Got 3 results,\n expected 0"},
        {"unique_id": "test.p.warns", "status": "warn", "failures": 1, "message": "Got 1 result"},
    ]
    manifest = models.place_tests(manifest)
    assert models.check_results(manifest, {"results": outcomes}) == [
        CheckResult(
            "dbt", "customer_profit", "customer profit has one row per customer", "customer_id", True, True, 0, None
        ),
        CheckResult(
            "dbt", "customer_profit", "customers add up to the company", None, True, False, 3,
            "Got 3 results, expected 0",
        ),
        CheckResult("dbt", "fct_orders", "Orders are recent", None, False, False, 1, "Got 1 result"),
    ]  # fmt: skip
    assert models.failures(manifest, {"results": outcomes}) == [
        "customer_profit: customers add up to the company (Got 3 results, expected 0)"
    ]


def test_a_failed_model_is_told_before_the_tests_that_follow_from_it(manifest: dict) -> None:
    outcomes = [
        {"unique_id": "test.p.unique", "status": "skipped", "failures": None, "message": None},
        {"unique_id": "test.p.adds_up", "status": "fail", "failures": 1, "message": "Got 1 result"},
        {"unique_id": "model.p.fct_orders", "status": "error", "failures": None, "message": "Binder Error:\n no x"},
    ]
    told = models.failures(models.place_tests(manifest), {"results": outcomes})
    assert told == [
        "model fct_orders: Binder Error: no x",
        "customer_profit: customers add up to the company (Got 1 result)",
    ]
    assert not models.check_results(manifest, {"results": outcomes})[0].passed


@pytest.fixture
def failed_build(home: Home, manifest: dict) -> tuple[Home, dict, dict]:
    """A home with a warehouse, a manifest and the results of a build: one failed test of each kind."""
    profit, people, source = "model.p.customer_profit", "model.p.stg_customers", "source.p.landed.orders"
    manifest["nodes"][people] = node("model", "stg_customers", "staging")
    queries = {
        "told": (
            "select 'rates.csv, row ' || n || ': no such driver' as problem, n from range(5) as rows(n)",
            [profit],
            5,
        ),
        "shown": ("with odd as (select 1 as a, null as b) select * from odd -- the odd ones", [profit], 1),
        "wide": (f"select {', '.join(f'{n} as column_{n}' for n in range(60))}", [profit], 1),
        "personal": ("select 'anna@shop.example' as email", [profit, people], 1),
        "landed": ("select 'anna@shop.example' as email", [source], 1),
        "nothing": ("select 1 as one", [], 1),
        "broken": ("select no_such_column from marts.customer_profit", [profit], 1),
        "gone": ("select 1 as one where false", [profit], 2),
    }
    home.private.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema marts; create table marts.customer_profit as select 1 as customer_id")
    results = []
    for name, (query, parents, count) in queries.items():
        manifest["nodes"][f"test.p.{name}"] = node("test", name, depends_on={"nodes": parents})
        results.append({
            "unique_id": f"test.p.{name}", "status": "fail", "failures": count, "message": f"Got {count}",
            "compiled_code": query,
        })  # fmt: skip
    passed = {
        "unique_id": "test.p.unique",
        "status": "pass",
        "failures": 0,
        "message": None,
        "compiled_code": "select 1",
    }
    return home, models.place_tests(manifest), {"results": [*results, passed]}


def test_failing_rows_are_told_and_personal_ones_never(failed_build: tuple[Home, dict, dict]) -> None:
    found = failing_rows.examples(*failed_build)
    assert set(found) == {"test.p.told", "test.p.shown", "test.p.wide"}
    assert found["test.p.told"] == (
        "rates.csv, row 0: no such driver; rates.csv, row 1: no such driver; rates.csv, row 2: no such driver; "
        "and 2 more"
    )
    assert found["test.p.shown"] == "a=1, b=null"
    assert found["test.p.wide"].startswith("column_0=0, column_1=1, ")
    assert found["test.p.wide"].endswith("…")
    assert len(found["test.p.wide"]) < 250


def test_failing_rows_stand_in_the_check_and_in_what_is_said(failed_build: tuple[Home, dict, dict]) -> None:
    home, manifest, run_results = failed_build
    models.run_results_file(home).parent.mkdir(parents=True)
    models.run_results_file(home).write_text(json.dumps(run_results), encoding="utf-8")
    found = {result.expectation: result for result in dbt_process.test_results(home, manifest)}
    assert (found["shown"].unexpected_count, found["shown"].detail) == (1, "a=1, b=null")
    assert found["personal"].detail == "Got 1"
    said = dbt_process.why_it_failed(home, manifest, dbt_process.DagsterDbtCliRuntimeError("dbt failed"))
    assert said.startswith("customer_profit: told (rates.csv, row 0: no such driver; ")
    assert "anna@shop.example" not in said


def test_a_warehouse_that_is_in_use_or_gone_takes_no_sentence_away(failed_build: tuple[Home, dict, dict]) -> None:
    home, manifest, run_results = failed_build
    writer = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            f"import duckdb, sys; held = duckdb.connect({str(home.warehouse)!r}); print('open', flush=True); "
            "sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout.readline() == "open\n"
    assert failing_rows.examples(home, manifest, run_results) == {}
    writer.communicate("")
    assert failing_rows.examples(home, manifest, run_results)
    home.warehouse.unlink()
    assert failing_rows.examples(home, manifest, run_results) == {}


def test_the_manifest_must_be_prepared(home: Home) -> None:
    with pytest.raises(models.ModelsError, match=r"`make run` or `make ui` prepares it"):
        models.read_manifest(home)


def test_what_dbt_prints_goes_to_the_log_and_nothing_else_does(capsys: pytest.CaptureFixture[str]) -> None:
    def talkative():
        for number in (1, 2):
            print(f"dbt says {number}")
            yield number

    log = io.StringIO()
    for number in dbt_process.quietly(talkative(), log):
        print(f"we say {number}")
    assert log.getvalue() == "dbt says 1\ndbt says 2\n"
    assert capsys.readouterr().out == "we say 1\nwe say 2\n"


def test_progress_counts_models_and_tests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt_process, "PROGRESS_SECONDS", 0.0)
    told: list[str] = []
    items = [dg.Output(None), dg.AssetObservation("a"), dg.AssetCheckResult(passed=True)]
    assert list(dbt_process.counted(iter(items), 2, told.append)) == items
    assert told[-1] == "models and tests: 2 of 2 done"


# The audits


def fake_expectations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts a package of our own in the place of `expectations`, as the audit's process will find it."""
    package = tmp_path / "elsewhere" / "expectations"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import argparse, json, sys\nparser = argparse.ArgumentParser()\nparser.add_argument('stage')\n"
        "for option in ('--home', '--results', '--as-of'): parser.add_argument(option)\n"
        "parser.add_argument('--wait', action='store_true')\nasked = parser.parse_args()\n" + script
    )
    monkeypatch.setattr(audits, "PROJECT", package.parent)


JUDGES = """
assert asked.wait and sys.stdin.readline() == 'go\\n'
result = dict(stage=asked.stage, suite='orders', expectation=f'{asked.home} {asked.as_of}', column=None,
              is_critical=True, passed=True, unexpected_count=None, detail=None)
open(asked.results, 'w').write(json.dumps([result]))
"""


def test_an_audit_waits_for_the_word_and_hands_back_what_it_found(home, tmp_path, monkeypatch) -> None:
    fake_expectations(tmp_path, monkeypatch, JUDGES)
    auditor = Auditor("leaving", Settings("demo", Home(home.root, "2025-06-30")))
    auditor.start()
    process = auditor.process
    auditor.start()
    assert auditor.process is process
    assert process.poll() is None
    (result,) = auditor.judge()
    assert (result.stage, result.expectation) == ("leaving", f"{home.root} 2025-06-30")
    assert process.poll() == 0


def test_an_audit_that_cannot_run_is_not_green(home, tmp_path, monkeypatch) -> None:
    fake_expectations(tmp_path, monkeypatch, "print('starting'); sys.exit('Nothing has landed.')")
    with pytest.raises(AuditError, match=r"audit of what is arriving could not run: Nothing has landed\. Its log is"):
        Auditor("arriving", Settings("demo", home)).judge()


def test_results_of_an_earlier_audit_are_never_taken_for_this_one(home, tmp_path, monkeypatch) -> None:
    fake_expectations(tmp_path, monkeypatch, "sys.stdin.readline()")
    auditor = Auditor("arriving", Settings("demo", home))
    auditor.results_file.parent.mkdir(parents=True)
    auditor.results_file.write_text("[]")
    with pytest.raises(AuditError, match="it said nothing"):
        auditor.judge()


def test_an_audit_that_is_not_needed_is_let_go_at_once(home, tmp_path, monkeypatch) -> None:
    fake_expectations(tmp_path, monkeypatch, "import time; time.sleep(60)")
    auditor = Auditor("leaving", Settings("demo", home))
    auditor.start()
    process = auditor.process
    auditor.stop()
    auditor.stop()
    assert process.returncode is not None


# Freshness


def test_an_input_that_fell_silent_is_named_and_stops_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.private.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            """
            create schema metadata;
            create table metadata.input_freshness as
            select * from (values
                ('orders', timestamp '2025-12-31 22:00:00', timestamp '2026-01-01 02:00:00'),
                ('cost_pools', timestamp '2025-12-01', timestamp '2025-12-02 02:00:00'),
                ('surveys', timestamp '2025-09-01', timestamp '2025-09-02 02:00:00'),
                ('refunds', timestamp '2025-12-21 22:00:00', timestamp '2026-01-01 02:00:00'),
                ('payments', timestamp '2025-12-21 21:59:59', timestamp '2026-01-01 02:00:00'),
                ('loyalty_events', timestamp '2019-01-01', timestamp '2026-01-01 02:00:00'),
                ('products', null, timestamp '2025-01-01')
            ) rows(table_name, latest_event_at, latest_loaded_at)
            """
        )
    tolerated = {"orders": 7, "cost_pools": 80, "surveys": 100, "refunds": 10, "payments": 10, "loyalty_events": None}
    monkeypatch.setattr(
        freshness, "tolerances", lambda tables: {table: Tolerance(0.01, 0.5, tolerated[table]) for table in tables}
    )
    found = {result.suite: result for result in freshness.judge(home)}
    assert {table: result.passed for table, result in found.items()} == {
        "orders": True, "cost_pools": True, "surveys": False, "refunds": True, "payments": False,
    }  # fmt: skip
    assert not any(result.stops_publishing for result in found.values())
    assert found["surveys"].expectation == "This input is at most 100 days behind the newest one"
    assert found["surveys"].detail == "newest event 2025-09-01, newest of all inputs 2025-12-31"
    assert freshness.last_loaded_at(home) == datetime(2026, 1, 1, 2)


def test_a_shop_is_unattended_when_nothing_new_lands_for_two_nights() -> None:
    loaded_at = datetime(2026, 1, 1, 2)
    assert not freshness.is_unattended(loaded_at, loaded_at + timedelta(hours=25))
    assert freshness.is_unattended(loaded_at, loaded_at + timedelta(hours=50))


# What a person reads


def publish_figures(home: Home, failed_check: bool = False) -> None:
    folder = home.published / "a-run"
    folder.mkdir(parents=True)
    home.current.symlink_to("a-run")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'customer_profitability.duckdb'}' as published; use published")
        connection.execute(
            f"""
            create schema marts; create schema metadata;
            create table metadata.as_of as
                select date '2011-12-09' as as_of_date, 'retail' as shop, 'GBP' as reporting_currency;
            create table metadata.input_fates as select * from (values
                ('orders', 1, 'accepted', 900, null), ('orders', 2, 'accepted', 100, null),
                ('orders', 2, 'quarantined', 7, null), ('order_lines', 1, 'accepted', 5000, 12.5),
                ('order_lines', 1, 'quarantined', 0, 0), ('order_lines', 2, 'duplicate', 3, 0.5)
            ) rows(table_name, load_id, fate, row_count, money);
            create table metadata.check_results as
                select 'orders' as suite, 'It holds' as expectation, i > 0 or not {failed_check} as passed
                from range(12) t(i);
            create table marts.customer_profit as
                select i as customer_id, (i - 2)::decimal(18, 2) as net_profit from range(4372) t(i);
            create table marts.company_profit_monthly as
                select 1234567.5::decimal(18, 2) as net_sales, -10.25::decimal(18, 2) as net_profit from range(2);
            """
        )


def test_the_summary_adds_up_and_says_where_things_are(home: Home) -> None:
    publish_figures(home, failed_check=True)
    text = "\n".join(summary.lines(summary.read(home), home, 61.6))
    for line in (
        "retail, as of 2011-12-09",
        "Rows in                   6,010",
        "  accepted                6,000",
        "  quarantined             7  (orders 7)",
        "  duplicate               3  (order_lines 3)",
        "  superseded              0",
        "Checks passed             11 of 12",
        "    did not pass: orders: It holds",
        "Customers                 4,372, 2 of them at a loss",
        "Net sales                 2,469,135.00 GBP",
        "Net profit                -20.50 GBP",
        f"Published                 {home.current}/customer_profitability.duckdb",
        f"Report page               {home.current}/report.html",
        "Took                      62 seconds",
    ):
        assert line in text.splitlines()
    assert "Lines of the shop's files" not in text


def test_the_summary_of_a_connector_adds_up_source_lines_and_their_money(home: Home) -> None:
    publish_figures(home)
    folder = home.landed / "source_rows"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * from (values ('duplicate', 5268, 100.5::decimal(20, 4)), "
            "('order_lines', 536641, 9747647.434::decimal(20, 4))) rows(fate, row_count, money)) "
            f"to '{folder / 'current.parquet'}' (format parquet)"
        )
    text = "\n".join(summary.lines(summary.read(home), home, 1))
    assert "Lines of the shop's files 541,909 = 536,641 order_lines + 5,268 duplicate" in text
    assert "  and their money         9,747,747.934 = 9,747,647.434 order_lines + 100.50 duplicate" in text


def fate(table: str, name: str, rows: int, money: str | None) -> summary.Fate:
    return summary.Fate(table, name, rows, None if money is None else Decimal(money))


def test_a_source_line_has_the_fate_of_the_row_it_became() -> None:
    sources = [
        fate("source", "duplicate", 5, "1.5"),
        fate("source", "order_lines", 100, "900.000"),
        fate("source", "refunds", 10, "-90"),
        fate("source", "payments", 7, "70"),
    ]
    inputs = [
        fate("order_lines", "accepted", 97, "912.00"),
        fate("order_lines", "quarantined", 3, "-12.00"),
        fate("order_lines", "superseded", 4, "30.00"),
        fate("refunds", "accepted", 10, "90.00"),
        # More rows than lines: one line became several rows.
        fate("payments", "accepted", 9, "70.00"),
        fate("orders", "accepted", 50, None),
    ]
    found = summary.settled(sources, inputs)
    assert found == [
        sources[0], inputs[0], inputs[1], replace(inputs[3], money=Decimal("-90.00")), sources[3],
    ]  # fmt: skip
    assert summary._addition("Lines", found) == [
        "Lines                     122 = 7 payments + 107 accepted + 3 quarantined + 5 duplicate",
        "  and their money         881.50 = 70.00 payments + 822.00 accepted - 12.00 quarantined + 1.50 duplicate",
    ]


def test_a_failed_run_ends_with_one_paragraph(home: Home) -> None:
    told = run.paragraph("orders.csv lacks the column order_id.", home)
    assert "\n" not in told
    assert "orders.csv lacks the column order_id." in told
    assert "Nothing has been published yet" in told
    publish_figures(home)
    told = run.paragraph("It was stopped by hand.", home)
    assert f"The last publication is untouched: {home.current} still points at a-run." in told
    assert str(home.private / "logs") in told
    assert "run the same command again" in told
    assert told.endswith("`make rollback` is not needed.")


def test_several_failures_are_told_by_the_first_few() -> None:
    assert run.several(["a", "b", "c"]) == "a; b; c"
    assert run.several(["a", "b", "c", "d", "e"]) == "a; b; c; and 2 more"


def test_what_cannot_be_asked_for_is_said_and_not_run(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--shop", "bakery"]) == 2
    captured = capsys.readouterr()
    assert "has nothing landed" in captured.err
    assert captured.out == ""


def test_results_are_void_once_what_they_judged_changes(home: Home) -> None:
    with pytest.raises(Exception, match="The checks of the stage 'dbt' have not been made on what is built now"):
        assets.results_of_all_stages(home)


def test_as_of_is_built_beside_the_nightly_state(home: Home) -> None:
    environment = resolve(as_of="2025-06-30").environment()
    assert environment["WAREHOUSE_HOME"] == str(home.root)
    for name in ("WAREHOUSE_PRIVATE", "DBT_TARGET_PATH", "DBT_LOG_PATH", "DAGSTER_HOME"):
        assert environment[name].startswith(str(home.root / "as_of" / "2025-06-30" / "private"))


def test_the_summary_needs_no_money_where_there_is_none() -> None:
    fates = [summary.Fate("source", "accepted", 2, None)]
    figures = summary.Summary("s", date(2025, 1, 1), "EUR", [], fates, 0, 0, [], 0, 0, Decimal("0.00"), Decimal("0.00"))
    text = "\n".join(summary.lines(figures, Home(Path("somewhere")), 0))
    assert "Lines of the shop's files 2 = 2 accepted" in text
    assert "money" not in text
