"""The house rules, checked over dbt's manifest: layers, documentation, pairs of files, generated files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from unittest import mock

import duckdb
import pytest
import ratios
import yaml
from conftest import ONE_THREAD

from orchestration import compiled, contract, parsed
from orchestration.paths import PROJECT, Home
from orchestration.refresh import models
from orchestration.refresh.settings import Settings
from orchestration.superset import bundle

MAY_READ = {
    "staging": {"landed", "staging", "settings"},
    "intermediate": {"staging", "intermediate", "settings"},
    "core": {"staging", "intermediate", "core", "settings"},
    "predictions": {"core", "marts", "predictions", "settings"},
    "segmentation": {"core", "marts", "predictions", "segmentation", "settings"},
    "marts": {"core", "marts", "predictions", "segmentation", "settings"},
    "metadata": {"landed", "staging", "core", "metadata"},
}
"""Data flows top to bottom and never back; marts read nothing below the wall.

Predictions are fitted on what marts say of the past, and what they expect is said by marts again; dbt sees to it that
no table is read before it is built.
"""

DOCUMENTED = ("core", "marts", "metadata", "settings")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with nothing in it but the prepared manifest."""
    home = Home(tmp_path_factory.mktemp("project").resolve())
    models.prepare_manifest(Settings("demo", home))
    return home


@pytest.fixture(scope="module")
def manifest(home: Home) -> dict:
    return json.loads((home.target / "manifest.json").read_text(encoding="utf-8"))


def nodes(manifest: dict, *kinds: str) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] in kinds]


def test_models_read_only_the_layers_above_them(manifest: dict) -> None:
    everything = {**manifest["nodes"], **manifest["sources"]}
    wrong = [
        f"{node['schema']}.{node['name']} reads {everything[parent]['schema']}.{everything[parent]['name']}"
        for node in nodes(manifest, "model")
        for parent in node["depends_on"]["nodes"]
        if everything[parent]["schema"] not in MAY_READ[node["schema"]]
    ]
    assert not wrong


def test_no_var_moves_a_reference(manifest: dict) -> None:
    # The project is parsed once, without the vars of any shop: what is read in one case only is a parent in all.
    hidden = [
        f"{node['name']} reads {name} in some cases only: name it in a `-- depends_on:` line"
        for node in nodes(manifest, "model", "test")
        for name in re.findall(r"""\bref\(\s*['"](\w+)['"]\s*\)""", node["raw_code"])
        if name not in {parent.rsplit(".", 1)[-1] for parent in node["depends_on"]["nodes"]}
    ]
    assert not hidden


def test_no_var_moves_a_configuration() -> None:
    """For the same reason; `vars:` themselves are where vars are given."""
    moved = [
        file.relative_to(PROJECT).as_posix()
        for folder in ("models", "seeds", "tests/sql")
        for file in (PROJECT / folder).rglob("*")
        if file.suffix in (".sql", ".yml", ".py")
        for said in ([file.read_text(encoding="utf-8")] if file.suffix == ".yml"
                     else re.findall(r"\bconfig\s*\(.*?\}\}", file.read_text(encoding="utf-8"), re.DOTALL))
        if re.search(r"\bvar\s*\(", said)
    ]  # fmt: skip
    assert not moved
    assert "var(" not in (PROJECT / "dbt_project.yml").read_text(encoding="utf-8").replace("env_var(", "")


def test_every_model_and_seed_says_its_grain(manifest: dict) -> None:
    silent = [
        node["name"]
        for node in nodes(manifest, "model", "seed")
        if not re.match(r"One row(:| per )", node["description"])
    ]
    assert not silent


def test_every_column_above_the_wall_is_described(manifest: dict) -> None:
    undescribed = [
        f"{node['name']}.{column['name']}"
        for node in nodes(manifest, "model", "seed")
        if node["schema"] in DOCUMENTED
        for column in node["columns"].values()
        if len(column["description"]) < 5
    ]
    assert not undescribed


@pytest.fixture(scope="module")
def core() -> dict[str, dict[str, str]]:
    """The columns that the tables of core have, with their types: those of a shop that handed in nothing."""
    project = compiled.compile_project({})
    names = [name for name, node in project.nodes.items() if node.kind == "model" and node.schema == "core"]
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    with duckdb.connect(config=ONE_THREAD) as connection:
        compiled.open_warehouse(connection, project)
        compiled.create_landed(connection, {}, "2026-01-01 00:00:00")
        compiled.build(connection, project, project.upstream_of(*names))
        for name, column, data_type in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'core'"
        ).fetchall():
            found[name][column] = data_type
    return found


def test_core_names_every_column_it_has(manifest: dict, core: dict[str, dict[str, str]]) -> None:
    """Marts and metadata must, by their contracts; core has columns that nobody would miss in the docs."""
    told = {
        node["name"]: {name: column["data_type"] for name, column in node["columns"].items()}
        for node in nodes(manifest, "model")
        if node["schema"] == "core"
    }
    assert told.keys() == core.keys()
    assert not [f"{name}.{column}" for name in core for column in sorted(core[name].keys() ^ told[name].keys())]
    as_duckdb = {"STRING": "VARCHAR", "INT": "INTEGER"}
    others = [
        f"{name}.{column} is {data_type}"
        for name, columns in core.items()
        for column, data_type in columns.items()
        if as_duckdb.get(said := told[name][column].upper().replace(" ", ""), said) != data_type
    ]
    assert not others


def test_what_hangs_on_a_var_is_told_by_what_asks_for_it() -> None:
    """Everything else is compiled once for all shops: a text that was left out would be that of another shop."""
    asked = {
        "macros": {
            "macro.a": {"macro_sql": "{{ var('shop') }}", "depends_on": {"macros": []}},
            "macro.b": {"macro_sql": "{{ a() }}", "depends_on": {"macros": ["macro.a"]}},
            "macro.c": {"macro_sql": "{{ b() }}", "depends_on": {"macros": ["macro.b"]}},
            "macro.d": {"macro_sql": "variance(x)", "depends_on": {"macros": []}},
        },
        "nodes": {
            name: {"resource_type": name.split(".")[0], "raw_code": "", "depends_on": {"macros": []}, **node}
            for name, node in {
                "model.itself": {"raw_code": "select {{ var ('shop') }}"},
                "model.by_a_macro_of_a_macro": {"depends_on": {"macros": ["macro.d", "macro.c"]}},
                "test.by_what_is_handed_to_it": {"test_metadata": {"kwargs": {"least": "{{ var('smallest_cell') }}"}}},
                "model.by_its_config": {"unrendered_config": {"meta": {"day": "{{ var('as_of_date') }}"}}},
                "model.not": {"raw_code": "select var_pop(x)", "depends_on": {"macros": ["macro.d"]}},
                "seed.not": {"raw_code": "var("},
            }.items()
        },
    }
    assert compiled.hang_on_vars(asked) == {name for name in asked["nodes"] if not name.endswith("not")}


@pytest.mark.long
def test_what_hangs_on_no_var_is_the_same_with_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project compiled whole, every var another: what nobody says hangs on one is what it was."""
    others = {
        "shop": "corner", "reporting_currency": "JPY", "reporting_time_zone": "Asia/Tokyo",
        "shop_opened_on": "2021-04-01", "prices_include_tax": True, "customer_ids": "keyed", "smallest_cell": 7,
        "segment_months": 5, "rfm_scored_by": "fixed cuts", "rows_made_at_once": 1000, "as_of_date": "2024-02-03",
        "lifetime_value_horizon_months": 12, "lifetime_value_discount_rate": 0.2,
    }  # fmt: skip
    own = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert others.keys() == own.keys()
    assert not {name for name, value in own.items() if others[name] == value}
    in_part = compiled.compiled_manifest(others)["nodes"]
    monkeypatch.setattr(parsed, "STORE", tmp_path / "parsed")
    monkeypatch.setattr(compiled, "hang_on_vars", lambda manifest: set(manifest["nodes"]))
    whole = compiled.compiled_manifest(others)["nodes"]
    assert in_part.keys() == whole.keys()
    assert not [name for name in whole if whole[name].get("compiled_code") != in_part[name].get("compiled_code")]


def test_marts_have_enforced_contracts(manifest: dict) -> None:
    loose = [
        node["name"]
        for node in nodes(manifest, "model")
        if node["schema"] in ("marts", "metadata") and not node["config"]["contract"]["enforced"]
    ]
    assert not loose


def test_every_ratio_of_the_marts_says_what_it_is_divided_by(manifest: dict) -> None:
    project = compiled.compile_project({})
    columns = {
        (node["name"], name): column["data_type"]
        for node in nodes(manifest, "model")
        if node["schema"] == "marts"
        for name, column in node["columns"].items()
    }
    listed = {(mart, column) for told in (ratios.RATIOS, ratios.ARE_NONE) for mart in told for column in told[mart]}
    assert not listed - columns.keys()
    assert ratios.undeclared(columns, project) == []
    # By its type, by its name, and by nothing but the SQL that makes it, here and where it is only handed on.
    left_out = {"customer_retention": ["kept_retention_rate"], "acquisition_costs": ["fully_loaded_cost"],
                "retention_effect": ["treated_contribution"], "customers": ["value_score"]}  # fmt: skip
    known = {mart: {column: by for column, by in divisors.items() if column not in left_out.get(mart, ())}
             for mart, divisors in ratios.RATIOS.items()}  # fmt: skip
    with mock.patch.object(ratios, "RATIOS", known):
        assert ratios.undeclared(columns, project) == sorted(
            f"{mart}.{column}" for mart, forgotten in left_out.items() for column in forgotten
        )


def test_a_model_is_two_files_of_one_name() -> None:
    alone = [
        str(model.relative_to(PROJECT))
        for kind in ("*.sql", "*.py")
        for model in (PROJECT / "models").rglob(kind)
        if not model.with_suffix(".yml").exists()
    ]
    assert not alone


def test_every_mart_has_unit_tests(manifest: dict) -> None:
    tested = {name for test in manifest["unit_tests"].values() for name in [test["model"]]}
    joins_only = {"customers", "customer_segments"}
    # Tonight's rows, or the month ends', of rules that have unit tests of their own.
    of_rules = {
        f"customer_{idea}" for idea in ("rfm", "abc", "pyramid", "habits", "lifecycle", "clusters", "segments_monthly")
    }
    marts = {node["name"] for node in nodes(manifest, "model") if node["schema"] == "marts"}
    assert not marts - tested - joins_only - of_rules
    rules = {node["name"] for node in nodes(manifest, "model") if node["name"].endswith("_by_day")}
    assert rules <= tested


def test_no_model_is_longer_than_a_reader_follows() -> None:
    too_long = {
        str(sql.relative_to(PROJECT)): lines
        for sql in (PROJECT / "models").rglob("*.sql")
        if (lines := sum(1 for line in sql.read_text(encoding="utf-8").splitlines() if line.strip())) > 110
    }
    assert not too_long


def test_no_query_reads_the_clock() -> None:
    clock = re.compile(r"\b(current_date|current_timestamp|now\(\)|getdate|today\(\)|localtimestamp)\b", re.IGNORECASE)
    wrong = [
        str(file.relative_to(PROJECT))
        for folder in ("models", "macros", "tests/sql")
        for file in (PROJECT / folder).rglob("*.sql")
        if clock.search(file.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_engine_differences_live_in_one_file() -> None:
    wrong = [
        str(file.relative_to(PROJECT))
        for file in [*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "macros").rglob("*.sql")]
        if file.name not in ("engines.sql", "spark_seeds.sql")
        and re.search(r"target\.type|duckdb__|spark__", file.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_what_identifies_a_person_ends_in_staging(manifest: dict) -> None:
    personal = {column.name for table in contract.tables().values() for column in table.columns if column.personal}
    assert personal, "the contract names no personal column: this test would prove nothing"
    leaked = [
        f"{node['name']}.{name}"
        for node in nodes(manifest, "model")
        if node["schema"] in ("intermediate", "core", "predictions", "segmentation", "marts", "metadata")
        for name in node["columns"]
        if name in personal
    ]
    assert not leaked


def test_the_contract_macro_is_made_from_the_contract() -> None:
    assert contract.MACRO_FILE.read_text(encoding="utf-8") == contract.macro_text(), "run `make contract`"


def test_no_check_is_switched_off(manifest: dict) -> None:
    off = [
        test["name"]
        for test in nodes(manifest, "test")
        if test["config"]["severity"].lower() != "error" or not test["config"]["enabled"]
    ]
    assert not off
    assert not manifest["disabled"]


def test_locks_carry_hashes_and_name_no_index() -> None:
    for lock in (PROJECT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        pinned = re.findall(r"^[a-z0-9][^\s]*==[^\s]+", text, flags=re.MULTILINE | re.IGNORECASE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text), lock.name


def test_exposures_name_what_their_programs_read(manifest: dict) -> None:
    """models/exposures.yml says what reads what, so that a mart is not changed without a look at who reads it."""
    report = PROJECT / "orchestration" / "report"
    programs = {
        "report_page": sorted(set(report.glob("*.py")) - set(report.glob("customer*.py"))),
        "customer_sheet": sorted(report.glob("customer*.py")),
        "kept_retention_lists": [PROJECT / "orchestration" / "retention_ledger.py"],
    }
    told = {
        exposure["name"]: {node.rsplit(".", 1)[-1] for node in exposure["depends_on"]["nodes"]}
        for exposure in manifest["exposures"].values()
    }
    published = {node["name"] for node in nodes(manifest, "model") if node["schema"] in ("marts", "metadata")}
    for name, files in programs.items():
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        assert told[name] == set(re.findall(r"\b(?:marts|metadata)\.(\w+)", text)) & published, name
    assert told["superset_dashboard"] == {chart.mart for chart in bundle.CHARTS}
    assert set(told) == {*programs, "superset_dashboard"}


def test_superset_takes_its_metrics_from_the_semantic_layer(manifest: dict, home: Home) -> None:
    """Each metric of a chart is made of its mart's rows alone; a window or two marts would need MetricFlow."""
    semantic = json.loads((home.target / "semantic_manifest.json").read_text(encoding="utf-8"))
    for chart in bundle.CHARTS:
        assert set(chart.metrics) <= bundle.metrics_of(semantic, chart.mart).keys(), chart.title
    told = bundle.metrics_of(semantic, "acquisition_costs")
    assert told["acquisition_cost"]["expression"] == "sum(nullif(spend, 0)) / nullif(sum(new_customers), 0)"
    assert "clv_to_acquisition_cost" not in told
    assert "net_sales_last_12_months" not in bundle.metrics_of(semantic, "customer_profit_monthly")


def test_every_metric_and_saved_query_is_described(manifest: dict) -> None:
    silent = [
        thing["name"]
        for kind in ("metrics", "saved_queries", "semantic_models", "exposures")
        for thing in manifest[kind].values()
        if len(thing["description"]) < 15
    ]
    assert manifest["metrics"]
    assert not silent


NO_METRIC = {
    "days": "the time spine itself",
    "months": "a calendar",
    "company_profit_monthly": "the profit metrics of all owners; the tests hold both equal",
    "profit_reconciliation": "a proof",
    "profit_curve": "an order of customers, which no sum has",
    "customer_profit": "customer_profit_monthly over all months",
    "customer_profit_reasons": "a sentence for each customer",
    "referral_profit": "its sum is adjusted_profit in customers",
    "segment_profit": "the profit metrics by what divides customers",
    "channel_efficiency": "changes from month to month, read by next_spend",
    "next_spend": "an estimate with an interval",
    "value_elasticities": "an estimate by lever",
    "customer_lifetime_value": "its values are in customers",
    "lifetime_value_models": "fits",
    "lifetime_value_validation": "judgements of fits",
    "lifetime_value_calibration": "judgements of fits",
    "lifetime_value_tracking": "judgements of fits",
    "customer_segments": "what divides customers, in customers",
    "customer_rfm": "what divides customers, in customers",
    "customer_abc": "what divides customers, in customers",
    "customer_pyramid": "what divides customers, in customers",
    "customer_habits": "what divides customers, in customers",
    "customer_lifecycle": "what divides customers, in customers",
    "customer_loyalty": "traits and last answers of each customer, without a time",
    "customer_value_score": "the score is in customers",
    "customer_clusters": "what divides customers, in customers",
    "customer_premium": "what divides customers, in customers",
    "cluster_centroids": "fits",
    "premium_traits": "fits",
    "segment_models": "judgements of fits",
    "lifecycle_cuts": "judgements of cuts",
    "product_pairs": "parts of baskets, which no sum has",
    "product_recommendations": "a list of tonight, without a time",
    "recommendation_validation": "a judgement of offers",
    "retention_effect": "an estimate with an interval",
}
"""Marts that no metric is made of, and why not."""


def test_every_mart_has_metrics_or_a_reason_why_not(manifest: dict) -> None:
    marts = {node["name"] for node in nodes(manifest, "model") if node["schema"] == "marts"}
    measured = {
        node.rsplit(".", 1)[-1]
        for model in manifest["semantic_models"].values()
        for node in model["depends_on"]["nodes"]
    }
    assert measured <= marts
    without = marts - measured
    assert without == set(NO_METRIC), (
        "a new mart has metrics in models/semantic/, or a line in NO_METRIC that says why not"
    )
