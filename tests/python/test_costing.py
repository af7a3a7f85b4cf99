"""Cost settings as people change them: backdated, broken, or only asked about.

A small demo shop is landed and its models' own SQL is run on it (orchestration/compiled.py), once for all tests.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import ONE_THREAD

from orchestration import compiled, what_if
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import PROJECT, Home
from orchestration.refresh import made_of

SETTINGS = PROJECT / "seeds" / "settings"


@dataclass(frozen=True)
class Built:
    """A landed shop whose private warehouse has been built."""

    home: Home
    project: compiled.Project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("costing")
    generate(folder / "input", customers=150, years=1, progress=lambda line: None)
    home = Home((folder / "home").resolve())
    land(folder / "input", home, progress=lambda line: None)
    home.private.mkdir(parents=True)
    project = compiled.compile_project({"shop": "demo"})
    with closing(duckdb.connect(config=ONE_THREAD)) as connection:
        compiled.open_warehouse(connection, project, home.warehouse)
        compiled.read_landed(connection, home)
        compiled.build(connection, project, [name for name, node in project.nodes.items() if node.kind == "seed"])
        compiled.build(connection, project, project.upstream_of(*what_if.COMPARED))
    (home.private / made_of.WHOLE).touch()
    return Built(home, project)


def changed(table: str, folder: Path, *rows: dict[str, str], drop: str | None = None) -> Path:
    """A settings file with more rows, and without those of one activity or pool."""
    with (SETTINGS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, kept = reader.fieldnames, [row for row in reader if drop not in row.values()]
    other = folder / f"{table}.csv"
    with other.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows([*kept, *({"shop": "demo", "reason": "a test", **row} for row in rows)])
    return other


PICK = {"activity": "pick a line", "pool": "warehouse", "driver": "line", "minutes_per_unit": "0.7"}


def without_ledger(folder: Path) -> Path:
    """Pools of which the ledger knows nothing: their activities count at standard rates."""
    rule = {"statement_line": "fulfilment", "driver": "activities", "valid_from": "2020-01-01"}
    return changed("pool_rules", folder, {"pool": "gift wrapping", **rule})


@pytest.fixture
def other(built: Built, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the warehouse in which models can be built again; `before` is the warehouse as it was."""
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(built.home.warehouse.read_bytes())
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{built.home.warehouse}' as before (read_only)")
        connection.execute(f"attach '{copy}' as warehouse")
        yield connection


def test_a_backdated_rate_changes_the_months_and_customers_that_it_is_about(
    built: Built, other: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Wrapping is counted by orders and in no ledger; its rate was 1.00, and turns out to be 1.50 from June on."""
    wrap = {"activity": "wrap", "pool": "gift wrapping", "driver": "order"}
    pools = without_ledger(tmp_path)
    (tmp_path / "first").mkdir()
    first = changed("cost_rates", tmp_path / "first", {**wrap, "rate": "1.00", "valid_from": "2020-01-01"})
    second = changed(
        "cost_rates",
        tmp_path,
        {**wrap, "rate": "1.00", "valid_from": "2020-01-01", "valid_until": "2023-06-01"},
        {**wrap, "rate": "1.50", "valid_from": "2023-06-01"},
    )
    names = [
        name
        for name in built.project.downstream_of("cost_rates", "pool_rules")
        if name in built.project.upstream_of("customer_profit_monthly")
    ]
    compiled.build(other, built.project, names, {"cost_rates": first, "pool_rules": pools})
    other.execute("create temp table first as select * from warehouse.marts.customer_profit_monthly")
    compiled.build(other, built.project, names, {"cost_rates": second, "pool_rules": pools})
    differing = other.execute(
        """
        select
            coalesce(now.profit_owner, first.profit_owner),
            coalesce(now.customer_id, first.customer_id),
            coalesce(now.month, first.month),
            now.order_count,
            now.fulfilment - first.fulfilment
        from warehouse.marts.customer_profit_monthly as now
        full join first
            on now.profit_owner = first.profit_owner
            and now.customer_id is not distinct from first.customer_id
            and now.month = first.month
        where now is distinct from first
        """
    ).fetchall()
    expected = other.execute(
        "select profit_owner, customer_id, month from first where order_count > 0 and month >= date '2023-06-01'"
    ).fetchall()
    assert {row[:3] for row in differing} == set(expected)
    assert len(expected) > 50
    assert min(month for _, _, month, *_ in differing) == date(2023, 6, 1)
    assert all(more == Decimal("0.50") * orders for _, _, _, orders, more in differing)


@pytest.mark.parametrize(
    ("table", "rows", "drop", "sentence"),
    [
        pytest.param(
            "cost_rates",
            [{**PICK, "rate": "0.4", "valid_from": "2020-01-01", "valid_until": "2024-01-01"},
             {**PICK, "rate": "0.5", "valid_from": "2024-03-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2024-03-01: there is a gap after the row from 2020-01-01",
            id="gap",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "rate": "0.4", "valid_from": "2020-01-01"}, {**PICK, "rate": "0.5", "valid_from": "2024-03-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2024-03-01: it overlaps the row from 2020-01-01",
            id="overlap",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "driver": "lines", "rate": "0.4", "valid_from": "2020-01-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2020-01-01: the driver lines is none of drivers.csv",
            id="unknown driver of an activity",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "driver": "line:phone", "rate": "0.4", "valid_from": "2020-01-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2020-01-01: the driver line:phone is none of drivers.csv",
            id="a channel of a driver that has none",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "driver": "contact:", "rate": "0.4", "valid_from": "2020-01-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2020-01-01: the driver contact: is none of drivers.csv",
            id="a driver of no channel",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "pool": "cellar", "rate": "0.4", "valid_from": "2020-01-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2020-01-01: the pool cellar has no row in pool_rules.csv",
            id="unknown pool",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "rate": "0.4", "valid_from": "2020-01-15"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2020-01-15: valid_from and valid_until must be first days",
            id="in the middle of a month",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "rate": "-0.4", "valid_from": "2020-01-01"}],
            "pick a line",
            "cost_rates.csv, row demo, pick a line, from 2020-01-01: the rate must be",
            id="negative rate",
        ),
        pytest.param(
            "cost_rates",
            [{**PICK, "rate": "0.4", "valid_from": "2020-01-01", "valid_until": "2024-01-01"},
             {**PICK, "pool": "returns_handling", "rate": "0.4", "valid_from": "2024-01-01"}],
            "pick a line",
            "cost_rates.csv, rows demo, pick a line: they name the pools returns_handling and warehouse",
            id="an activity in two pools",
        ),
        pytest.param(
            "cost_rates",
            [{"activity": "answer the phone", "pool": "customer_service", "driver": "service_minute:phone",
              "minutes_per_unit": "1", "rate": "1.2", "valid_from": "2024-03-01"}],
            None,
            "cost_rates.csv, row demo, answer the phone, from 2024-03-01: its driver service_minute:phone is counted "
            "in answer a contact as well, by service_minute",
            id="a minute timed twice",
        ),
        pytest.param(
            "pool_rules",
            [{"pool": "rent", "statement_line": "overhead", "driver": "square_metre", "valid_from": "2020-01-01"}],
            "rent",
            "pool_rules.csv, row demo, rent, from 2020-01-01: the driver square_metre is none of drivers.csv",
            id="unknown driver of a pool",
        ),
        pytest.param(
            "pool_rules",
            [{"pool": "rent", "statement_line": "contribution_3", "driver": "unit", "valid_from": "2020-01-01"}],
            "rent",
            "pool_rules.csv, row demo, rent, from 2020-01-01: contribution_3 is no cost line",
            id="a pool on a subtotal",
        ),
        pytest.param(
            "pool_rules",
            [{"pool": "rent", "statement_line": "overhead", "driver": "unit", "valid_from": "2020-01-01",
              "practical_capacity": "0"}],
            "rent",
            "pool_rules.csv, row demo, rent, from 2020-01-01: practical_capacity must be above 0",
            id="no capacity at all",
        ),
        pytest.param(
            "pool_rules",
            [{"pool": "cellar", "statement_line": "overhead", "driver": "activities", "valid_from": "2020-01-01"}],
            None,
            "pool_rules.csv, row demo, cellar, from 2020-01-01: no row of cost_rates.csv belongs to it",
            id="activities of nothing",
        ),
    ],
)  # fmt: skip
def test_a_broken_settings_file_is_told_by_its_row(
    built: Built, tmp_path: Path, table: str, rows: list[dict[str, str]], drop: str | None, sentence: str
) -> None:
    file = changed(table, tmp_path, *rows, drop=drop)
    with pytest.raises(what_if.WhatIfError) as raised:
        what_if.answer(built.home, built.project, {table: file})
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("rows", "drop"),
    [
        pytest.param([{"minutes_per_unit": "", "valid_from": "2024-03-01"}], None, id="a surcharge takes no minutes"),
        pytest.param([{"minutes_per_unit": "1", "valid_from": "2020-01-01"}], "answer a contact", id="in its place"),
        pytest.param(
            [{"activity": "answer a contact", "driver": "service_minute", "minutes_per_unit": "1",
              "valid_from": "2020-01-01", "valid_until": "2024-03-01"},
             {"minutes_per_unit": "1", "valid_from": "2024-03-01"}],
            "answer a contact",
            id="one after the other",
        ),
    ],
)  # fmt: skip
def test_a_channel_may_have_a_rate_of_its_own(
    built: Built, tmp_path: Path, rows: list[dict[str, str]], drop: str | None
) -> None:
    phone = {
        "activity": "answer the phone",
        "driver": "service_minute:phone",
        "pool": "customer_service",
        "rate": "1.2",
    }
    file = changed("cost_rates", tmp_path, *({**phone, **row} for row in rows), drop=drop)
    assert what_if.answer(built.home, built.project, {"cost_rates": file}).lines


def test_what_if_tells_the_other_statement_beside_todays_and_changes_nothing(built: Built, tmp_path: Path) -> None:
    """A service desk twice as dear: the ledger says what it costs, so its standard rate changes nothing."""
    before = built.home.warehouse.read_bytes()
    with duckdb.connect(str(built.home.warehouse), read_only=True) as connection:
        today = dict(connection.execute("select customer_id, net_profit from marts.customer_profit").fetchall())
        overhead = connection.execute("select sum(overhead) from marts.company_profit_monthly").fetchone()[0]
    # Everything of the ledger but what is used by contacts goes to nobody: those pools have no rule any more.
    rule = {"statement_line": "service", "driver": "service_minute", "valid_from": "2020-01-01"}
    pools = tmp_path / "pool_rules.csv"
    with (SETTINGS / "pool_rules.csv").open(encoding="utf-8") as file:
        header = file.readline()
    pools.write_text(header, encoding="utf-8")
    with pools.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header.strip().split(","), lineterminator="\n")
        for pool in ("customer_service", "warehouse", "returns_handling"):
            writer.writerow({"shop": "demo", "pool": pool, "reason": "a test", **rule})
        # Other settings name these two: they have a rule, but none that holds yet.
        for pool in ("administration", "it_platform"):
            writer.writerow({"shop": "demo", "pool": pool, "reason": "a test", **rule, "valid_from": "2099-01-01"})

    found = what_if.answer(built.home, built.project, {"pool_rules": pools})

    lines = {line.statement_line: line for line in found.lines}
    assert lines["overhead"].today == lines["overhead"].other == overhead
    assert lines["net_profit"].today == lines["net_profit"].other
    moved = lines["fulfilment"].today - lines["fulfilment"].other
    assert moved > 0
    assert lines["service"].other == lines["service"].today + moved
    assert found.customers == len(today)
    assert found.turned
    assert all((one.today < 0) != (one.other < 0) and today[one.customer_id] == one.today for one in found.turned)
    assert built.home.warehouse.read_bytes() == before
    assert any("change sign" in line for line in what_if.told(found, "EUR"))


def test_a_question_without_an_answer_is_a_sentence(built: Built, tmp_path: Path) -> None:
    wrong = tmp_path / "rates.csv"
    wrong.write_text("shop,activity\n", encoding="utf-8")
    with pytest.raises(what_if.WhatIfError, match="has the columns shop, activity; expected shop, activity, pool"):
        what_if.answer(built.home, built.project, {"cost_rates": wrong})
    with pytest.raises(what_if.WhatIfError, match="There is no file"):
        what_if.answer(built.home, built.project, {"cost_rates": tmp_path / "nowhere.csv"})
    unreadable = changed(
        "cost_rates", tmp_path, {**PICK, "rate": "cheap", "valid_from": "2020-01-01"}, drop="pick a line"
    )
    with pytest.raises(what_if.WhatIfError, match="cheap"):
        what_if.answer(built.home, built.project, {"cost_rates": unreadable})
    latin = changed(
        "cost_rates", tmp_path, {**PICK, "reason": "geschätzt", "valid_from": "2020-01-01"}, drop="pick a line"
    )
    latin.write_bytes(latin.read_text(encoding="utf-8").encode("latin-1"))
    with pytest.raises(what_if.WhatIfError, match=r"cost_rates\.csv is no UTF-8: save it as CSV in UTF-8\."):
        what_if.answer(built.home, built.project, {"cost_rates": latin})


def test_a_question_to_a_warehouse_that_is_not_whole_is_answered_with_what_to_do(built: Built, tmp_path: Path) -> None:
    """As a night leaves it that failed among the models: tonight's up to where it failed, last night's from there.

    No rate is another, and the statement would be: by tonight's orders.
    """
    home = Home(tmp_path)
    home.private.mkdir()
    home.warehouse.write_bytes(built.home.warehouse.read_bytes())
    rates = changed("cost_rates", tmp_path)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("delete from core.fct_order_lines where hash(order_id) % 5 = 0")
    with pytest.raises(what_if.WhatIfError, match=r"holds tables of two nights\. Refresh the shop first"):
        what_if.answer(home, built.project, {"cost_rates": rates})
    (home.private / made_of.WHOLE).touch()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("drop table marts.profit_reconciliation")
    with pytest.raises(what_if.WhatIfError, match="is not whole, profit_reconciliation is not in it: refresh the shop"):
        what_if.answer(home, built.project, {"cost_rates": rates})
    home.warehouse.write_bytes(b"no database")
    with pytest.raises(what_if.WhatIfError, match=r"warehouse\.duckdb cannot be read: "):
        what_if.answer(home, built.project, {"cost_rates": rates})
