"""Somebody is erased: nothing below the shop's home names them any more, and no cent has moved.

The shop is the good one of the bad inputs, with numbers that nothing else contains, and a person with two accounts who
is in every table, in a row that cannot be read and in one that is refused.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from unittest import mock

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from bad_input import good_shop
from conftest import ONE_THREAD, Shop, reconciles, refresh
from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from orchestration import compiled, contract, erase, keyed, landing, publish, retention_ledger, run
from orchestration.landing import connect, erased
from orchestration.landing.read import Shape
from orchestration.paths import PROJECT, Home
from orchestration.refresh import customer_keys, lock, summary
from orchestration.refresh.lock import lock_file
from orchestration.refresh.settings import Settings

KEY = "a key that only this test knows"
PERSON, OTHER_ACCOUNT, FRIEND = "kdnr-8a61f3", "kdnr-90c2d7", "kdnr-55e0b1"
NAMES = (PERSON, OTHER_ACCOUNT, "Quintessa", "Zwettl", "quintessa@example.org")
"""Whatever says who they are: both numbers, name, city, address."""

Columns = dict[tuple[str, str], list[str]]
"""Columns by schema and table."""

MORE_ROWS = {
    "orders": f"0005,{OTHER_ACCOUNT},2025-05-20,completed,EUR,\n0006,{PERSON},2025-05-21,lost,EUR,\n",
    "order_lines": "0005,1,p2,2,5.00,\n0006,1,p2,1,5.00,\n",
    "customers": f"{FRIEND},2025-03-01,,Ben Roe,1990-01-02,Ulm,{PERSON},,\n",
    "refunds": "r2,0005,1,2025-06-02,1,5.00\n",
    "payments": "y3,0005,card,10.00,2025-05-20,paid\n",
    "marketing_touches": f"t2,{PERSON},2025-02-20,search\n",
    "service_contacts": f"k2,{PERSON},2025-05-22,7\nk3,{OTHER_ACCOUNT},2025-05-23,many\n",
    "surveys": f"v2,{PERSON},2025-05-24,8\n",
}

LOYALTY = f"event_id,customer_id,occurred_at,event_type,points,cost_amount\nl1,007,2025-03-01,earn,20,\nl2,{PERSON},2025-05-25,redeem,9,1.25\n"  # fmt: skip  # noqa: E501
WEB = f"event_id,occurred_at,event_type,product_id,customer_id\nw1,2025-03-01T09:00:00Z,view,p1,\nw2,2025-05-01,view,p1,{PERSON}\n"  # fmt: skip  # noqa: E501
"""Tables in which the good shop leaves columns out."""

UNTIED = "refund_id,order_id,line_number,customer_id,refunded_at,quantity,refund_amount\n"


OTHERS = 120
"""Orders and contacts of somebody else: one row in a hundred may be unreadable, or refused, and no more."""


def write_shop(folder: Path) -> None:
    good_shop.write_good_shop(folder)
    for file in folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8").replace("008", PERSON).replace("009", OTHER_ACCOUNT)
        text = (
            text.replace("Ann Lee", "Quintessa").replace("Bonn", "Zwettl").replace(",full_name,", ",email,full_name,")
        )
        text = text.replace(",Quintessa", f",{NAMES[-1]},Quintessa").replace(",Zoë", ",,Zoë")
        file.write_text(text + MORE_ROWS.get(file.stem, ""), encoding="utf-8")
    # Who was refunded is said by the order, and why by whoever gave the money back.
    refunds = (folder / "refunds.csv").read_text(encoding="utf-8").splitlines()
    with_reasons = zip(refunds, ("reason", "broken", "Quintessa rang"), strict=True)
    (folder / "refunds.csv").write_text("".join(f"{row},{reason}\n" for row, reason in with_reasons), encoding="utf-8")
    orders, lines, contacts = (
        "".join(row.format(number=f"{number:03d}") for number in range(OTHERS))
        for row in ("9{number},007,2025-07-01,paid\n", "9{number},1,p2,1,5.00\n", "k9{number},007,2025-07-02,1\n")
    )
    (folder / "orders-others.csv").write_text(f"order_id,customer_id,ordered_at,status\n{orders}")
    (folder / "order_lines-others.csv").write_text(f"order_id,line_number,product_id,quantity,unit_price\n{lines}")
    (folder / "service_contacts-others.csv").write_text(f"contact_id,customer_id,opened_at,handle_minutes\n{contacts}")
    (folder / "loyalty_events.csv").write_text(LOYALTY, encoding="utf-8")
    (folder / "web_events.csv").write_text(WEB, encoding="utf-8")
    (folder / "refunds-untied.csv").write_text(f"{UNTIED}r3,,,{PERSON},2025-06-03,1,2.50\nr4,,,,2025-06-04,1,1.00\n")


@dataclass(frozen=True)
class Built:
    """A shop landed, built up to its statement by the models' own SQL, and published."""

    home: Home

    def ask(self, query: str) -> list[tuple]:
        """Rows of a query on the published file."""
        with duckdb.connect(str(self.home.current / publish.MARTS_FILE), read_only=True) as connection:
            return connection.execute(query).fetchall()


@dataclass(frozen=True)
class Erased:
    """A shop before somebody was erased from it, and after; the files it was landed from."""

    before: Built
    after: Built
    files: Path
    project: compiled.Project


METADATA = ("input_fates", "input_freshness", "quarantine_summary", "customers_left_out_summary", "as_of")
MARTS = ("profit_reconciliation", "customer_profit", "order_profit", "fct_orders_cancelled_later", *METADATA)
"""What is built: the statement, and everything that reads judged rows."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Erased:
    folder = tmp_path_factory.mktemp("erase")
    write_shop(folder / "files")
    home = Home((folder / "home").resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keyed.VARIABLE, KEY)
        land(folder / "files", home)
        # Rates and pools are set for the demo shop, and what they cost must find its owner, too.
        project = compiled.compile_project({"shop": "demo"})
        build_and_publish(home, project, night=1)
        build_and_publish(home, project, night=2)
        leave_traces(home)
        shutil.copytree(home.root, folder / "before", symlinks=True)
        erase.begin(home, PERSON)
        erase.clean(home, lambda line: None)
        build_and_publish(home, project, night=3)
        erase.finish(home)
    return Erased(Built(Home(folder / "before")), Built(home), folder / "files", project)


def run_id_of(night: int) -> str:
    """The name of a night's publication."""
    return publish.new_run_id(datetime(2026, 1, night, tzinfo=UTC), f"night-{night}")


def build_and_publish(home: Home, project: compiled.Project, night: int) -> None:
    home.private.mkdir(exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    with duckdb.connect(config=ONE_THREAD) as connection:
        compiled.open_warehouse(connection, project, home.warehouse)
        compiled.read_landed(connection, home)
        compiled.build(connection, project, project.upstream_of(*MARTS))
        connection.execute("use memory")
        connection.execute(f"detach {compiled.CATALOG}")
    run = publish.Run(run_id_of(night), "corner", datetime(2026, 1, night, tzinfo=UTC))
    publish.publish(home, run, [], lambda marts, page: (page / "report.html").write_text(str(marts)))


def leave_traces(home: Home) -> None:
    """Where a shop that has been run for a while names the person besides: logs, another day, a past list."""
    day = Home(home.root, "2025-06-01")
    traces = (home.private / "logs" / "dbt.log", home.private / "checks" / "dbt.json", day.private / "warehouse.duckdb")
    for place in (*traces, day.published / "run" / publish.MARTS_FILE):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{PERSON} {OTHER_ACCOUNT}")
    (home.root / retention_ledger.FILE).write_text(
        f"listed_on,customer_id,reason,is_held_out\n2025-06-01,{PERSON},late,false\n2025-06-01,007,late,true\n"
    )


def places_that_name(root: Path, names: tuple[str, ...]) -> list[str]:
    """Every place below a folder in which one of the names stands: names and bytes of files, and all values of Parquet
    and DuckDB files, which are packed."""
    found = []
    for file in sorted(root.rglob("*")):
        if any(name in file.name for name in names):
            found.append(f"{file}: its name")
        if file.is_file():
            content = file.read_bytes()
            found += [f"{file}: {name}" for name in names if name.encode() in content]
            if file.suffix in (".parquet", ".duckdb"):
                text = unpacked(file)
                found += [f"{file}, unpacked: {name}" for name in names if name in text]
    return found


def unpacked(file: Path) -> str:
    """All rows of a Parquet file, or of every table of a DuckDB file, as text; nothing of what is neither."""
    with duckdb.connect() as connection:
        if file.suffix == ".parquet":
            return str(connection.execute("select * from read_parquet(?)", [str(file)]).fetchall())
        try:
            connection.execute(f"attach '{file}' as held (read_only)")
        except duckdb.Error:
            return ""
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'held'"
        ).fetchall()
        return str([connection.execute(f'select * from held."{s}"."{t}"').fetchall() for s, t in tables])


def test_nothing_below_the_home_names_them(shop: Erased) -> None:
    before = places_that_name(shop.before.home.root, NAMES)
    for where in (
        "landed/orders/",
        "landed/customers/",
        "private/warehouse.duckdb",
        "published/",
        "private/logs",
        "as_of/",
    ):
        assert any(where in place for place in before), f"nothing named them in {where}: the search proves nothing"
    assert places_that_name(shop.after.home.root, NAMES) == []


def test_their_money_stays_and_is_nobodys(shop: Erased) -> None:
    lines = "select month, statement_line, company from marts.profit_reconciliation order by all"
    assert shop.after.ask(lines) == shop.before.ask(lines)
    assert shop.after.ask("select count(*), sum(abs(difference)) from marts.profit_reconciliation")[0][1] == 0
    sums = "select sum({}) from marts.profit_reconciliation where statement_line = '{}'"
    # Sold: three chairs for 20.00 dollars each at 0.92, and two bulbs for 5.00; given back: 5.00 and 2.50.
    assert shop.after.ask(sums.format("erased", "net_sales")) == [(Decimal("57.70"),)]
    assert shop.after.ask(sums.format("erased", "loyalty")) == [(Decimal("1.25"),)]
    assert shop.before.ask(sums.format("erased", "net_sales")) == [(Decimal(0),)]
    theirs = f"select net_profit + acquisition_marketing from marts.customer_profit where customer_id = '{PERSON}'"
    assert shop.after.ask(sums.format("erased", "net_profit")) == shop.before.ask(theirs), "pools and fees, too"
    for owner in ("guests", "idle", "unassigned"):
        assert shop.after.ask(sums.format(owner, "net_profit")) == shop.before.ask(sums.format(owner, "net_profit"))
    others = f"select customer_id, net_profit from marts.customer_profit where customer_id <> '{PERSON}' order by 1"
    assert shop.after.ask(others) == shop.before.ask(others)
    assert (PERSON,) not in shop.after.ask("select customer_id from marts.customer_profit")
    nobodys = "select order_id from marts.order_profit where customer_id is null order by order_id"
    assert shop.after.ask(nobodys) == [("0003",), ("0004",), ("0005",)]


def test_every_row_keeps_a_fate(shop: Erased) -> None:
    fates = "select table_name, {} from metadata.input_fates group by table_name order by table_name"
    sums = fates.format("sum(row_count), sum(money)")
    assert shop.after.ask(sums) == shop.before.ask(sums)
    theirs = fates.format("coalesce(sum(row_count) filter (where fate = 'erased'), 0)")
    assert {table: rows for table, rows in shop.after.ask(theirs) if rows} == {
        "orders": 2,
        "order_lines": 2,
        "customers": 2,
        "refunds": 2,
        "payments": 1,
        "marketing_touches": 1,
        # and one more that could not be read
        "service_contacts": 2,
        "loyalty_events": 1,
        "web_events": 1,
        "surveys": 1,
    }


def test_the_receipt_says_what_was_done_and_not_for_whom(shop: Erased) -> None:
    with (shop.after.home.root / erase.RECEIPTS).open(newline="") as file:
        (receipt,) = csv.DictReader(file)
    assert receipt["accounts"] == "2"
    assert receipt["landed_rows_changed"] == "14"
    assert receipt["publications_dropped"] == "3"
    assert publish.publications(shop.after.home) == [receipt["published_without_them"]]
    assert not (shop.after.home.root / "as_of").exists()
    assert not erase.is_unfinished(shop.after.home)
    assert (shop.after.home.root / retention_ledger.FILE).read_text().splitlines()[1:] == ["2025-06-01,007,late,true"]


def test_the_same_files_land_without_them(shop: Erased, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "anew")
    home.root.mkdir()
    shutil.copy(shop.after.home.root / erased.FILE, home.root)
    monkeypatch.delenv(keyed.VARIABLE, raising=False)
    with pytest.raises(landing.LandingError, match="needs a key, and WAREHOUSE_KEY is not set"):
        land(shop.files, home)
    monkeypatch.setenv(keyed.VARIABLE, "another key, as long as it must be")
    with pytest.raises(landing.LandingError, match="was written with another key"):
        land(shop.files, home)
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    land(shop.files, home)
    assert places_that_name(home.root, NAMES) == []
    for table in contract.tables():
        assert rows(home, table) == rows(shop.after.home, table), table


def test_who_is_unknown_or_erased_already_is_told(shop: Erased, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    for number, told in (("nobody", "No landed row names the customer nobody"), (PERSON, "was erased before")):
        with pytest.raises(erase.EraseError, match=told):
            erase.begin(shop.after.home, number)
    monkeypatch.setenv(keyed.VARIABLE, "short")
    with pytest.raises(erase.EraseError, match="is shorter than 16 characters"):
        erase.begin(shop.after.home, FRIEND)
    assert not erase.is_unfinished(shop.after.home)


def test_an_erasure_that_was_cut_off_is_finished_by_the_next(
    shop: Erased, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after each of its steps in turn; what is built in between is built without the person or not at all."""
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    home = Home(tmp_path / "home")
    shutil.copytree(shop.before.home.root, home.root, symlinks=True)
    old = publish.in_force(home)
    erase.begin(home, OTHER_ACCOUNT)
    with pytest.raises(erase.EraseError, match="`make run` finishes it"):
        erase.refuse_half_way(home)
    with monkeypatch.context() as patch:
        patch.setattr(erase.retention_ledger, "forget", dying)
        with pytest.raises(KeyboardInterrupt):
            erase.clean(home, lambda line: None)
    with pytest.raises(erase.EraseError, match="`make run` finishes it"):
        erase.refuse_half_way(home)
    erase.clean(home, lambda line: None)
    erase.refuse_half_way(home)
    assert publish.in_force(home) == old, "readers keep the last publication until there is another"
    with pytest.raises(erase.EraseError, match="still in force"):
        erase.finish(home)
    assert {place.split("/published/")[0] for place in places_that_name(home.root, NAMES)} == {str(home.root)}


def dying(*_: object) -> None:
    raise KeyboardInterrupt


def land(files: Path, home: Home) -> None:
    landing.land(files, home, progress=lambda line: None)


def rows(home: Home, table: str) -> list[dict]:
    files = sorted((home.landed / table).glob("load-*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_make_erase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same by the commands that a person types, through dbt, Great Expectations, Dagster and the report page.

    The shop's tables carry keys in place of numbers, so that what is published never named anybody.
    """
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    write_shop(tmp_path / "files")
    with (tmp_path / "files" / "shop.yml").open("a") as settings:
        settings.write("customer_ids: keyed\n")
    home = Home(tmp_path / "home")
    done = refresh(home.root, "--input", str(tmp_path / "files"))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = "select * exclude (customers, erased) from marts.profit_reconciliation order by all"
    shop = Shop(home, done.stdout)
    before = shop.ask(lines)
    key = keyed.customer_key(KEY.encode(), PERSON)
    assert places_that_name(home.published, NAMES) == []
    assert (key,) in shop.ask("select customer_id from marts.customers")
    assert shop.ask_private(f"select customer_id from landed.customer_keys where customer_key = '{key}'") == [(PERSON,)]
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.erase", "--shop", "corner", "--customer", PERSON],
        cwd=PROJECT,
        env={**os.environ, "WAREHOUSE_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the receipt is in" in done.stdout
    assert places_that_name(home.root, (*NAMES, key)) == []
    assert reconciles(shop)
    assert shop.ask(lines) == before
    assert len(publish.publications(home)) == 1


# Personal columns


def personal_columns_of(project: compiled.Project, columns: Columns) -> Columns:
    """The columns of each model that hold, whole or in part, what the contract calls personal, or a row as it came.

    Followed from the landed columns through the compiled SQL, expression by expression; `columns` are those of every
    table, in order. What a value was only compared with (an age band, by the birth date) is not part of it.
    """
    found = {
        ("landed", table.name): [column.name for column in table.columns if column.personal] + ["payload"]
        for table in contract.tables().values()
    }
    known = {schema: {} for schema, _ in columns}
    for (schema, table), names in columns.items():
        known[schema][table] = dict.fromkeys(names, "varchar")
    for node in project.nodes.values():
        parents = [(project.nodes[name].schema, name) for name in node.parents if name in project.nodes]
        if not any(found.get(parent) for parent in [*parents, *(("landed", name) for name in node.landed)]):
            continue
        if (node.schema, node.name) not in columns:
            found[node.schema, node.name] = ["whatever it has: it was not built"]
        else:
            query = qualify(parse_one(node.sql, dialect="duckdb"), schema={compiled.CATALOG: known}, dialect="duckdb")
            found[node.schema, node.name] = outputs_holding(query, found)
    return {table: names for table, names in found.items() if names}


def outputs_holding(query: exp.Expression, found: Columns) -> list[str]:
    """The output columns of a qualified query into which columns `found` of its tables go."""
    held: dict[int, list[bool]] = {}
    for scope in traverse_scope(query):
        if scope.set_operation_scopes:
            sides = [held[id(side.expression)] for side in scope.set_operation_scopes]
            held[id(scope.expression)] = [any(side) for side in zip(*sides, strict=True)]
        else:
            held[id(scope.expression)] = [goes_in(output, scope, held, found) for output in scope.expression.selects]
    return [name for name, holds in zip(query.named_selects, held[id(query)], strict=True) if holds]


def goes_in(output: exp.Expression, scope: Scope, held: dict[int, list[bool]], found: Columns) -> bool:
    for column in values_in(output):
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table) and column.name in found.get((source.db, source.name), ()):
            return True
        if isinstance(source, Scope):
            names = source.expression.named_selects
            if held[id(source.expression)][names.index(column.name)]:
                return True
    return any(any(held[id(inner.expression)]) for inner in scope.subquery_scopes if inner.expression in output.walk())


def values_in(output: exp.Expression) -> Iterator[exp.Column]:
    """The columns whose values go into a value; not those that only decide: conditions, comparisons, orders."""
    match output:
        case exp.Column():
            yield output
        case exp.Predicate() | exp.Connector() | exp.Not():
            return
        case exp.Window() | exp.Filter():
            yield from values_in(output.this)
        case exp.If():
            yield from values_in(output.args["true"])
        case exp.Case():
            for part in [*output.args["ifs"], output.args.get("default")]:
                yield from values_in(part) if part else ()
        case _:
            for part in output.iter_expressions():
                yield from values_in(part)


def columns_of(home: Home) -> Columns:
    """The columns of every table of the private warehouse, and of the landed ones."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        found: Columns = {}
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns order by ordinal_position"
        ).fetchall():
            found.setdefault((schema, table), []).append(column)
    return found


def test_no_personal_column_gets_past_staging(shop: Erased) -> None:
    columns = columns_of(shop.after.home)
    found = personal_columns_of(shop.project, columns)
    assert {"email", "full_name", "birth_date", "city"} <= set(found["staging", "judged_customers"])
    assert found["staging", "quarantine"] == ["payload"]
    assert {schema for schema, _ in found} == {"landed", "staging"}
    published = {table for schema, table in found if schema == "staging" and table.startswith("stg_")}
    assert not published, "what is accepted goes on"


def test_a_personal_column_under_another_name_is_found(shop: Erased) -> None:
    """The test above would find an address that goes on as a region, through a join, a union and a view."""
    customers = shop.project.nodes["stg_customers"]
    spoiled = replace(customers, sql=customers.sql.replace("aged.region,", "lower(aged.email) as region,"))
    assert spoiled.sql != customers.sql
    project = replace(shop.project, nodes={**shop.project.nodes, "stg_customers": spoiled})
    found = personal_columns_of(project, columns_of(shop.after.home))
    assert found["staging", "stg_customers"] == ["region"]
    assert found["core", "dim_customers"] == ["region"]


# Connectors


PURCHASES = "00004 19970101 2 29.33\n00004 19970118 2 29.73\n00021 19970101 3 63.34\n00021 19970202 1 11.77\n"


def test_a_connectors_orders_are_numbered_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CDNOW's orders are numbered by the customer's number, so that no number of theirs may stay."""
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    home, files = Home(tmp_path / "home"), tmp_path / "files"
    files.mkdir()
    (files / "CDNOW_master.txt").write_text("customer_id date number_of_cds dollar_value\n" + PURCHASES)
    landing.land(files, home, "cdnow", progress=lambda line: None)
    before = duckdb.sql(f"select sum(unit_price), count(*) from '{home.landed}/order_lines/*.parquet'").fetchall()
    erase.begin(home, "00021")
    erase.clean(home, lambda line: None)
    assert places_that_name(home.root, ("00021",)) == []
    now = duckdb.sql(f"select sum(unit_price), count(*) from '{home.landed}/order_lines/*.parquet'").fetchall()
    assert now == before
    customers = duckdb.sql(f"select customer_id from '{home.landed}/orders/*.parquet' order by order_id").fetchall()
    assert customers == [(erased.MARK,), (erased.MARK,), ("00004",), ("00004",)]
    assert rows(home, "customers")[0]["customer_id"] == "00004"
    anew = Home(tmp_path / "anew")
    anew.root.mkdir()
    shutil.copy(home.root / erased.FILE, anew.root)
    landing.land(files, anew, "cdnow", progress=lambda line: None)
    for table in ("orders", "order_lines", "customers"):
        assert unstamped(anew, table) == unstamped(home, table)
    report = landing.land(files, home, "cdnow", progress=lambda line: None)
    assert report.load_id is None


@pytest.mark.parametrize(("module", "step"), [(landing, "land"), (Path, "unlink"), (erase, "_empty")])
def test_a_connectors_erasure_that_was_cut_off_is_taken_up(
    module: ModuleType, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before what it made is made anew, while that goes, and after it is there again."""
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    home, files = Home(tmp_path / "home"), tmp_path / "files"
    files.mkdir()
    (files / "CDNOW_master.txt").write_text("customer_id date number_of_cds dollar_value\n" + PURCHASES)
    landing.land(files, home, "cdnow", progress=lambda line: None)
    before = duckdb.sql(f"select sum(unit_price), count(*) from '{home.landed}/order_lines/*.parquet'").fetchall()
    erase.begin(home, "00021")
    run_cut_off(home, monkeypatch, module, step)
    assert erase.is_unfinished(home)
    erase.take_up(home, lambda line: None)
    assert places_that_name(home.root, ("00021",)) == []
    now = duckdb.sql(f"select sum(unit_price), count(*) from '{home.landed}/order_lines/*.parquet'").fetchall()
    assert now == before
    (home.published / "night").mkdir(parents=True)
    home.current.symlink_to("night")
    erase.settle(home)
    # Two source rows, and what was made of them: two orders and a customer.
    assert receipts_of(home) == [("1", "5", "0")]


def connectors_shop(tmp_path: Path, connector: str, file: str, text: str) -> Home:
    home, files = Home(tmp_path / "home"), tmp_path / "files"
    files.mkdir()
    (files / file).write_text(text)
    landing.land(files, home, connector, progress=lambda line: None)
    return home


def test_a_second_person_joins_where_what_a_connector_made_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk cut the erasure off. Who is merged with whom is said by what the connector makes of its files."""
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    shutil.copytree(connect.CONNECTORS, tmp_path / "connectors")
    monkeypatch.setattr(connect, "CONNECTORS", tmp_path / "connectors")
    customers = tmp_path / "connectors" / "cdnow" / "customers.sql"
    merged = "case customer_id when 'Kd-5' then 'Kd-4' end as merged_into_customer_id"
    customers.write_text(customers.read_text().replace("customer_id,", f"customer_id, {merged},", 1))
    purchases = "".join(f"{customer} 19970105 1 9.99\n" for customer in ("Kd-4", "Kd-5", "Kd-6", "Kd-21"))
    text = f"customer_id date number_of_cds dollar_value\n{purchases}"
    home = connectors_shop(tmp_path, "cdnow", "CDNOW_master.txt", text)
    erase.begin(home, "Kd-21")
    run_cut_off(home, monkeypatch, landing, "land")
    assert rows(home, "customers") == []
    erase.begin(home, "Kd-21")
    erase.begin(home, "Kd-4")
    with pytest.raises(erase.EraseError, match="No landed row names the customer Kd-7"):
        erase.begin(home, "Kd-7")
    erase.take_up(home, lambda line: None)
    assert places_that_name(home.root, ("Kd-21", "Kd-4", "Kd-5")) == []
    assert "Kd-6" in str(rows(home, "customers"))
    assert json.loads((home.root / erase.UNFINISHED).read_text())["accounts"] == 3


def test_who_is_in_a_connectors_source_rows_only_can_be_erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In rows that could not be read, as the number came there, and as it is without the float."""
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    lines = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "536365,A,HOLDER,6,2010-12-01 08:26:00,2.55,123473391.0,Iceland",
        "536366,A,HOLDER,many,2010-12-01 08:26:00,2.55,178503391.0,Iceland",
        "536367,A,HOLDER,6,2010-12-01 08:26:00,2.55,178513391.0,Iceland,178523391.0",
    )
    home = connectors_shop(tmp_path, "online_retail", "2010-12-01.csv", "".join(f"{line}\n" for line in lines))
    for number in ("178503391.00", "1785", "many"):
        with pytest.raises(erase.EraseError, match=f"No landed row names the customer {number}, "):
            erase.begin(home, number)
    for number in ("178503391", "178513391.0", "178523391"):
        erase.begin(home, number)
    erase.clean(home, lambda line: None)
    assert places_that_name(home.root, ("178503391", "178513391", "178523391")) == []
    assert "123473391.0" in str(rows(home, "_source/online_retail"))


def unstamped(home: Home, table: str) -> list[dict]:
    return [{name: value for name, value in row.items() if name != "load_id"} for row in rows(home, table)]


def test_a_number_that_went_through_a_float_is_the_same_customer() -> None:
    secret = KEY.encode()
    assert keyed.erased_hash(secret, "17850.0") == keyed.erased_hash(secret, "17850")
    assert keyed.erased_hash(secret, "17850.01") != keyed.erased_hash(secret, "17850")
    assert keyed.erased_hash(b"another key, longer", "17850") != keyed.erased_hash(secret, "17850")
    assert keyed.spellings("17850.0") == keyed.spellings("17850") == {"17850", "17850.0"}
    for number in ("17850.0.0", "17850.", ".0", "KD 17"):
        assert {keyed.erased_hash(secret, one) for one in keyed.spellings(number)} == {
            keyed.erased_hash(secret, number)
        }
    assert keyed.customer_key(secret, "17850") not in keyed.erased_hash(secret, "17850")


def test_nobody_on_the_list_costs_nothing() -> None:
    shape = landing._shape(contract.tables()["orders"])
    piece = shape.schema().empty_table()
    assert erased.without(piece, shape, erased.Erasures()) is piece
    assert isinstance(piece, pa.Table)


# Landed files


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A shop of three customers, landed; nothing is built of it."""
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    home = Home(tmp_path / "home")
    write_small_shop(tmp_path / "files")
    land(tmp_path / "files", home)
    return home


SMALL = {
    "orders": ("order_id,customer_id,ordered_at", "o1,Kd-1,2025-01-01", "o2,Kd-2,2025-01-02", "o3,Kd-3,2025-01-03"),
    "order_lines": ("order_id,line_number,product_id,quantity,unit_price", "o1,1,p1,1,5.00", "o2,1,p1,1,5.00"),
    "customers": (
        "customer_id,created_at,email,full_name",
        "Kd-1,2024-01-01,a@example.org,Annegret",
        "Kd-2,2024-01-01,,Benedikt",
    ),
}


def write_small_shop(folder: Path) -> None:
    folder.mkdir()
    for table, lines in SMALL.items():
        (folder / f"{table}.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def list_(home: Home, *customers: str) -> erased.Erasures:
    """Put customers on the list, without anything else that an erasure does."""
    secret = KEY.encode()
    erased.add(home.root, erased.hash_of_key(secret), {keyed.erased_hash(secret, one) for one in customers})
    return erased.read(home.root)


def shape_of(table: str) -> Shape:
    return landing._shape(contract.tables()[table])


def rewritten_as(file: Path, change: Callable[[pa.Table], pa.Table]) -> pa.Table:
    """Write a landed file anew, as a contract of another day would have had it."""
    table = change(pq.read_table(file))
    pq.write_table(table, file)
    return table


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content.replace(b",", b";"),
        lambda content: content[:-20],
        lambda content: content.split(b"\n", 1)[1],
        lambda content: content.replace(b"key,", b"customer,"),
        lambda content: content.decode().encode("utf-16"),
    ],
    ids=["empty", "semicolons", "cut off", "no header", "no key", "UTF-16"],
)
def test_a_list_that_is_damaged_lets_nobody_back_in(small: Home, spoil: Callable[[bytes], bytes]) -> None:
    """As by a program that saved it anew; one that only marks the encoding, or ends lines otherwise, is understood."""
    erasures = list_(small, "Kd-1")
    file = small.root / erased.FILE
    whole = file.read_bytes()
    file.write_bytes(b"\xef\xbb\xbf" + whole.replace(b"\n", b"\r\n"))
    assert erased.read(small.root) == erasures
    file.write_bytes(spoil(whole))
    for what in (lambda: land(small.root.parent / "files", small), lambda: erase.begin(small, "Kd-2")):
        with pytest.raises(landing.LandingError, match=r"erasures\.csv lists who .* is damaged: .* a copy of it"):
            what()


def test_a_file_of_an_older_contract_is_cleaned_as_it_is(small: Home) -> None:
    """One column had not come yet, another has gone since: of that nobody knows what it holds."""
    file = small.landed / "orders" / "load-000001.parquet"
    older = rewritten_as(
        file,
        lambda table: table.drop_columns(["payment_method", "updated_at"]).add_column(
            1, "telephone", pa.array(["0170 1", "0170 2", None])
        ),
    )
    rewritten_as(
        small.landed / "customers" / "load-000001.parquet",
        lambda table: table.drop_columns(["merged_into_customer_id", "updated_at"]),
    )
    erase.begin(small, "Kd-1")
    erase.clean(small, lambda line: None)
    now = pq.read_table(file)
    assert now.schema.equals(older.schema)
    assert now.select(["order_id", "customer_id", "telephone"]).to_pylist() == [
        {"order_id": "o1", "customer_id": erased.MARK, "telephone": None},
        {"order_id": "o2", "customer_id": "Kd-2", "telephone": "0170 2"},
        {"order_id": "o3", "customer_id": "Kd-3", "telephone": None},
    ]
    assert places_that_name(small.root, ("Annegret", "a@example.org")) == []


def test_a_landed_file_that_cannot_be_read_is_told(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    erase.begin(small, "Kd-1")
    file = small.landed / "orders" / "load-000001.parquet"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(run.RefreshFailed, match=r"(?i)parquet"):
        run.complete(Settings("home", small), lambda line: None)
    assert erase.is_unfinished(small)


GROUPS, GROUP_ROWS = 12, 20_000


def test_a_large_file_is_cleaned_a_row_group_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is named in one row group of many: in memory are that group and what it becomes, and no more."""
    folder, shape = tmp_path / "orders", shape_of("orders")
    folder.mkdir()
    file = folder / "load-000001.parquet"
    with pq.ParquetWriter(file, shape.schema()) as writer:
        for number in range(GROUPS):
            names = [f"c{number}-{row}" for row in range(GROUP_ROWS)]
            columns = {"order_id": names, "customer_id": names, "source_file": ["orders.csv"] * GROUP_ROWS}
            writer.write_table(
                pa.table(
                    {
                        field.name: pa.array(columns.get(field.name, [None] * GROUP_ROWS), field.type)
                        for field in shape.schema()
                    }
                )
            )
    before = pq.read_table(file)
    group_bytes = before.nbytes / GROUPS
    del columns, names
    read, held = [], []
    read_row_group = pq.ParquetFile.read_row_group

    def watched(landed: pq.ParquetFile, number: int, columns: list[str] | None = None) -> pa.Table:
        held.append(pa.total_allocated_bytes() - at_rest)
        read.append((number, columns))
        return read_row_group(landed, number, columns=columns)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a whole file was read")

    monkeypatch.setenv(keyed.VARIABLE, KEY)
    erasures = list_(Home(tmp_path), "c5-17")
    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetFile, "read_row_group", watched)
        patch.setattr(pq.ParquetFile, "read", refused)
        patch.setattr(pq, "read_table", refused)
        at_rest = pa.total_allocated_bytes()
        assert erased.rewrite(folder, shape, erasures) == 1
    assert read == [
        *((number, ["customer_id"]) for number in range(GROUPS)),
        *((number, None) for number in range(GROUPS)),
    ]
    assert max(held) < 3 * group_bytes, f"{max(held) / group_bytes:.1f} row groups were held at once"
    after = pq.read_table(file)
    assert pq.read_metadata(file).num_row_groups == GROUPS
    place = 5 * GROUP_ROWS + 17
    assert after.column("customer_id")[place].as_py() == erased.MARK
    assert after.drop_columns(["customer_id"]).equals(before.drop_columns(["customer_id"])), (
        "the same rows in their order"
    )
    others = pa.array([row != place for row in range(before.num_rows)])
    assert after.filter(others).equals(before.filter(others))


def test_a_table_without_customers_is_not_read_where_all_of_it_could_be(
    small: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order lines are most of a shop, and name nobody but in a row as it came."""
    folder, shape = small.landed / "order_lines", shape_of("order_lines")
    erasures = list_(small, "Kd-1")
    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetFile, "read_row_group", lambda *_, **__: pytest.fail("it was read"))
        assert erased.rewrite(folder, shape, erasures) == 0
    (small.root.parent / "files" / "order_lines-2.csv").write_text(
        "order_id,line_number,product_id,quantity,unit_price\no1,2,p1,1,5.00,Kd-1\n"
    )
    land(small.root.parent / "files", Home(small.root.parent / "anew"))
    assert "Kd-1" in str(rows(Home(small.root.parent / "anew"), "order_lines"))
    assert erased.rewrite(small.root.parent / "anew" / "landed" / "order_lines", shape, erasures) == 1


def test_who_is_merged_with_whom_is_said_by_the_latest_row(small: Home) -> None:
    """Chains across loads; a row that takes a merge back; a row without a time comes before those that have one."""
    folder = small.root.parent / "files"
    header = "customer_id,merged_into_customer_id,updated_at\n"
    (folder / "customers-2.csv").write_text(
        f"{header}Kd-3,Kd-2,2025-01-01\nKd-1,Kd-2,\nKd-5,Kd-4,2025-01-01\nKd-4,Kd-3,\n"
    )
    land(folder, small)
    assert erased.accounts_of(small.landed, "Kd-1") == ["Kd-1", "Kd-2", "Kd-3", "Kd-4", "Kd-5"]
    (folder / "customers-3.csv").write_text(f"{header}Kd-3,,2025-01-02\nKd-1,Kd-2,\nKd-5,Kd-1,2024-12-31\n")
    land(folder, small)
    assert erased.accounts_of(small.landed, "Kd-2") == ["Kd-1", "Kd-2"]
    assert erased.accounts_of(small.landed, "Kd-3") == ["Kd-3", "Kd-4", "Kd-5"]


MERGE_HEADER = (
    "customer_id,created_at,city,referred_by_customer_id,merged_into_customer_id,merged_at,updated_at,is_deleted"
)
MERGED = "{a},2024-01-01,,,{k},2024-06-01,,"
PARTED = "{a},2024-01-01,,,,,,"
MERGE_CASES = {
    "merged": ([MERGED], "both"),
    "parted since": ([MERGED, PARTED], None),
    "parted by what cannot be read": ([MERGED, "{a},banana,,,,,,"], "both"),
    "parted before the shop opened": ([MERGED, "{a},1990-01-01,,,,,,"], "both"),
    "parted after the load": ([MERGED, "{a},2999-01-01,,,,,,"], "both"),
    "parted with a merge of another century": ([MERGED, "{a},2024-01-01,,,,1924-06-01,,"], "both"),
    "parted by who was referred by an address": ([MERGED, "{a},2024-01-01,,ann@example.org,,,,"], "both"),
    "parted by who was referred by a telephone": ([MERGED, "{a},2024-01-01,,+4912345678,,,,"], "both"),
    "parted by two rows that contradict each other": ([MERGED, f"{PARTED}\n{{a}},2024-01-01,Ulm,,,,,"], "both"),
    "parted by a row beside one that cannot be read": ([MERGED, f"{PARTED}\n{{a}},banana,,,,,,"], "both"),
    "parted twice in one load": ([MERGED, f"{PARTED}\n{PARTED}"], None),
    "parted by the later of two rows": ([MERGED, f"{MERGED[:-2]},2024-07-01,\n{PARTED[:-1]}2024-07-02,"], None),
    "merged by the later of two rows": ([f"{PARTED[:-1]}2024-07-01,", f"{PARTED}\n{MERGED[:-2]},2024-07-02,"], "both"),
    "parted by a row that is older": ([f"{MERGED[:-2]},2024-07-01,", PARTED], "both"),
    "withdrawn": ([MERGED, f"{PARTED}true"], None),
    "merged by a refused row": (["{a},1990-01-01,,,{k},,,"], "erasure"),
    "merged by a refused row after a good one": ([PARTED, "{a},1990-01-01,,,{k},,,"], "erasure"),
    "merged by a refused row before a good one": (["{a},1990-01-01,,,{k},,,", PARTED], None),
    "merged by one of two that contradict each other": ([f"{MERGED}\n{PARTED}"], "erasure"),
    "referred, in a row that cannot be read for a field too many": (["{a},2024-01-01,Ulm,Donau,{k},,banana,"], None),
}
"""What the loads say of an account, one after the other; who takes it for one with the account it names."""


def test_who_is_merged_is_ruled_as_in_staging_and_refused_rows_count_besides(small: Home, shop: Erased) -> None:
    folder = small.root.parent / "files"
    names = {case: f"{{}}{number:02d}" for number, case in enumerate(MERGE_CASES)}
    for night in range(2):
        lines = [
            said[night].format(a=names[case].format("a"), k=names[case].format("k"))
            for case, (said, _) in MERGE_CASES.items()
            if night < len(said)
        ]
        (folder / f"customers-{night + 2}.csv").write_text("\n".join([MERGE_HEADER, *lines, ""]))
        land(folder, small)
    with duckdb.connect() as connection:
        compiled.open_warehouse(connection, shop.project)
        compiled.read_landed(connection, small)
        compiled.build(connection, shop.project, shop.project.upstream_of("stg_customer_aliases"))
        staged = dict(
            connection.sql("select account_id, customer_id from warehouse.staging.stg_customer_aliases").fetchall()
        )
    for case, (_, merged_for) in MERGE_CASES.items():
        account, kept = (names[case].format(one) for one in "ak")
        assert staged.get(account) == (kept if merged_for == "both" else None), case
        assert erased.accounts_of(small.landed, account) == ([account, kept] if merged_for else [account]), case


def test_the_rules_that_customers_have_are_those_that_merges_are_judged_by() -> None:
    columns = contract.tables()["customers"].columns
    rules = {rule for column in columns for rule in contract._rules(column)}
    assert rules == {"required", "event", "customer"}
    assert [column.name for column in columns if column.required] == ["customer_id"]


# Rows that could not be read


NUMBERS = ("KD 17", "KD,17", "KD:17", 'KD "17"', "O'Hara", "{17}", "KD|17", "17")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "payload",
    [
        "{},2024-01-01,anna@example.org,Meyer, Anna",
        '"{quoted}" ,2024-01-01,anna@example.org,"Meyer, ""Anna""",,,',
        "o1 , {} ,2024-01-01,many,1,1,1,1",
        "o1;{};2024-01-01;anna@example.org",
        "o1\t{}",
        "'{}',\"anna",
    ],
)
def test_a_number_of_any_letters_is_found_in_a_row_as_it_came(number: str, payload: str) -> None:
    """A field too many, or another separator: the number is a field, or some that nobody put into quotes."""
    secret = KEY.encode()
    listed = erased.Erasures(secret, frozenset({keyed.erased_hash(secret, number)}))
    text = payload.format(number, quoted=number.replace('"', '""'))
    assert erased.is_mentioned(text, listed.name)
    assert not erased.is_mentioned(text.replace("17", "171").replace("Hara", "Haras"), listed.name)


def test_a_number_with_a_blank_takes_its_broken_rows_along(small: Home) -> None:
    """One row has a field too many, one a value that is no date, one is in quotes; another customer's stay."""
    folder = small.root.parent / "files"
    (folder / "customers-2.csv").write_text(
        "customer_id,created_at,email,full_name\n"
        "KD 17,2024-01-01,anna@example.org,Anna Meyer\n"
        "KD 17,2024-01-01,anna@example.org,Meyer, Anna\n"
        "KD 17,one day,anna@example.org,Anna Meyer\n"
        '"KD 17",2024-01-01,anna@example.org,"Meyer",Anna\n'
        "KD 18,2024-01-01,carl@example.org,Meyer, Carl\n"
    )
    land(folder, small)
    erase.begin(small, "KD 17")
    erase.clean(small, lambda line: None)
    assert places_that_name(small.root, ("Anna", "anna@example.org", "KD 17")) == []
    left = [row["payload"] for row in rows(small, "customers") if row["payload"]]
    assert left == ["KD 18,2024-01-01,carl@example.org,Meyer, Carl"]
    marks = [row["unreadable"] for row in rows(small, "customers")]
    assert marks.count(erased.MARK) == 4


def test_a_refund_goes_with_the_person_whose_order_it_is_of(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that comes later, and one that could not be read; not where somebody else was refunded instead."""
    folder = small.root.parent / "files"
    refunds = "refund_id,order_id,customer_id,refunded_at,refund_amount,reason\n"
    (folder / "refunds.csv").write_text(
        f"{refunds}r1,o1,,2025-01-09,1.00,Annegret rang\nr2,o2,,2025-01-09,1.00,Benedikt rang\n"
        "r3,o1,,2025-01-09,much,Annegret wrote\nr4,o1,Kd-2,2025-01-09,1.00,too small\nr5,,,2025-01-09,1.00,found\n"
    )
    land(folder, small)
    list_(small, "Kd-1")
    landing.erase(small, erased.read(small.root))
    assert [(row["refund_id"], row["reason"], row["unreadable"]) for row in rows(small, "refunds")] == [
        ("r1", None, None),
        ("r2", "Benedikt rang", None),
        (None, None, erased.MARK),
        ("r4", "too small", None),
        ("r5", "found", None),
    ]
    assert [row["refund_amount"] for row in rows(small, "refunds")] == [1, 1, None, 1, 1]
    (folder / "refunds-2.csv").write_text(f"{refunds}r6,o1,,2025-01-10,1.00,Annegret again\n")
    land(folder, small)
    assert places_that_name(small.root, ("Annegret",)) == []
    anew = Home(small.root.parent / "anew")
    anew.root.mkdir()
    shutil.copy(small.root / erased.FILE, anew.root)
    land(folder, anew)
    by_place, by_place_anew = (
        {(row["source_file"], row["source_row"]): row["reason"] for row in rows(one, "refunds")}
        for one in (small, anew)
    )
    assert by_place == by_place_anew


def test_who_is_named_in_a_broken_row_only_can_be_erased(small: Home) -> None:
    folder = small.root.parent / "files"
    (folder / "orders-2.csv").write_text(
        "order_id,customer_id,ordered_at\no9,C 9,yesterday\no10,Kd-1,2025-01-01,anna@example.org,C8,call Hugo\n"
    )
    land(folder, small)
    # A part of a number, a letter of another case, what is in a column of something else, a word of a note.
    for number in ("C", "9", "c 9", "yesterday", "Hugo"):
        with pytest.raises(erase.EraseError, match=f"No landed row names the customer {number},"):
            erase.begin(small, number)
    erase.begin(small, "C 9")
    erase.clean(small, lambda line: None)
    assert "C 9" not in str(rows(small, "orders"))
    assert "C8" in str(rows(small, "orders"))
    home = Home(small.root.parent / "anew")
    land(folder, home)
    erase.begin(home, "C8")
    erase.clean(home, lambda line: None)
    assert "anna" not in str(rows(home, "orders"))


def test_a_row_too_long_to_be_searched_is_refused_without_what_it_holds(small: Home) -> None:
    """Once somebody was erased: it may name them. It stays a row that could not be read, so that the night is told."""
    folder = small.root.parent / "files"
    longest = "o8,Kd-3,2025-01-01,Hugo,".ljust(erased.LONGEST_SEARCHED, "x")
    too_long = (
        "o9,Kd-3,2025-01-01,Hugo,".ljust(erased.LONGEST_SEARCHED + 1, "x"),
        f"o10,Kd-3,yesterday,{'Hugo' * 30_000}",
    )
    header = "order_id,customer_id,ordered_at,status"
    (folder / "orders-2.csv").write_text("\n".join([header, longest, *too_long, "o11,Kd-3,yesterday,Hugo", ""]))
    land(folder, small)
    before = rows(small, "orders")
    assert [len(row["payload"] or "") > erased.LONGEST_SEARCHED for row in before[3:]] == [False, True, True, False]
    erase.begin(small, "Kd-1")
    erase.clean(small, lambda line: None)
    after = rows(small, "orders")
    assert after[1:4] == before[1:4] and after[6] == before[6]
    for row, was in zip(after[4:6], before[4:6], strict=True):
        held = {name: value for name, value in row.items() if value is not None}
        assert held == {
            **{name: was[name] for name in ("load_id", "source_file", "source_row")},
            "unreadable": erased.TOO_LONG,
        }
    assert erased.rewrite(small.landed / "orders", shape_of("orders"), erased.read(small.root)) == 0
    anew = Home(small.root.parent / "anew")
    anew.root.mkdir()
    shutil.copy(small.root / erased.FILE, anew.root)
    land(folder, anew)
    by_place = [
        sorted(unstamped(one, "orders"), key=lambda row: (row["source_file"], row["source_row"]))
        for one in (anew, small)
    ]
    assert by_place[0] == by_place[1]


def test_what_comes_in_every_broken_row_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a million broken rows is to be refused tonight: a hash takes longer than all else that is done."""
    hashed, hasher = [], keyed.erased_hasher
    monkeypatch.setattr(keyed, "erased_hasher", lambda secret: lambda text: hashed.append(text) or hasher(secret)(text))
    listed = erased.Erasures(KEY.encode(), frozenset({keyed.erased_hash(KEY.encode(), "Kd-1")}))
    hashed.clear()
    payloads = pa.table(
        {"payload": [f"o{number};paid;web;card;DE;EUR;5.00;0;" for number in range(100)] + ["paid;Kd-1"]}
    )
    assert pc.indices_nonzero(erased._mentioned(payloads, listed)).to_pylist() == [100]
    assert len(hashed) < 100 * 5, "three fields and a word of each row are new"
    assert len(set(hashed)) == len(hashed)
    for number in range(erased.REMEMBERED + 1):
        listed.name(str(number))
    listed.name("x" * 10_000)
    assert len(listed._known) <= erased.REMEMBERED
    assert max(len(text) for text in listed._known) <= erased.REMEMBERED_LENGTH
    assert listed.name("Kd-1") and not listed.name("Kd-2")


def test_another_key_makes_no_other_customers(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody was erased, so there is no list that knows the key; tables and past lists would be of other people."""
    (small.root.parent / "files" / "shop.yml").write_text("customer_ids: keyed\n")
    land(small.root.parent / "files", small)
    made = [customer_keys.prepare(small) for _ in range(2)]
    assert made == [3, 3]
    keys = (small.private / customer_keys.FILE).read_bytes()
    monkeypatch.setenv(keyed.VARIABLE, "another key, as long as it must be")
    with pytest.raises(keyed.KeyMissing, match=r"is another key than .* were made with: set the one of then\."):
        customer_keys.prepare(small)
    assert (small.private / customer_keys.FILE).read_bytes() == keys
    (small.landed / customer_keys.MADE_WITH).unlink()
    assert customer_keys.prepare(small) == 3


def test_a_hash_that_is_on_a_list_is_made_the_same_way_for_ever() -> None:
    secret = KEY.encode()
    for number in ("17850", "Kd-1", "Zoë 7", "", ".01"):
        assert keyed.erased_hash(secret, number) == keyed.keyed_hash(secret, "erased", number)
    assert keyed.erased_hasher(secret)("17850.0") == keyed.keyed_hash(secret, "erased", "17850")


def test_what_looks_like_columns_and_is_none_is_read() -> None:
    assert not erased.is_mentioned("[" * 100_000, {"Kd-1"}.__contains__)
    assert not erased.is_mentioned('{"customer_id": null}', {"None"}.__contains__)
    assert erased.is_mentioned('{"customer_id": 17}', {"17"}.__contains__)


# Cut off, and begun again


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@pytest.fixture
def published(small: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The small shop, run for two nights, with a past day and a past list; a refresh is as good as its files."""
    monkeypatch.setattr(run, "refresh", refresh_in_short)
    monkeypatch.setattr(summary, "read", lambda home: None)
    for _ in range(2):
        run_again(small)
    day = Home(small.root, "2025-06-01")
    publish_in_short(day)
    (small.root / retention_ledger.FILE).write_text(
        "listed_on,customer_id,reason,is_held_out\n2025-06-01,Kd-1,late,false\n2025-06-01,Kd-2,late,true\n"
    )
    return small


def publish_in_short(home: Home) -> None:
    """A publication of the landed rows as they are, put in force as any."""
    home.published.mkdir(parents=True, exist_ok=True)
    publish.remove_unfinished(home)
    name = run_id_of(max([0, *(int(one.rpartition("-")[2]) for one in publish.publications(home))]) + 1)
    (home.published / f"{name}{publish.UNFINISHED}").write_text(publish.VERIFIED)
    (home.published / name).mkdir()
    (home.published / name / publish.MARTS_FILE).write_text(str([rows(home, table) for table in SMALL]))
    publish.put_in_force(home, name)


def refresh_in_short(settings: Settings, tell: Callable[[str], None], forget: Sequence[str] = ()) -> None:
    """The steps of a refresh that an erasure has to do with, in their order."""
    erase.refuse_half_way(settings.home)
    publish_in_short(settings.home)
    if erase.is_unfinished(settings.home):
        erase.finish(settings.home)


def red_refresh(settings: Settings, tell: Callable[[str], None], forget: Sequence[str] = ()) -> None:
    (settings.home.private / "built.txt").write_text("it takes hours")
    raise run.RefreshFailed("A check is red.")


def run_again(home: Home) -> None:
    run.complete(Settings("home", home), lambda line: None)


def run_red(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(run, "refresh", red_refresh)
        with pytest.raises(run.RefreshFailed, match="A check is red"):
            run_again(home)


def run_cut_off(home: Home, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str) -> None:
    def killing(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, step, killing)
        with pytest.raises(Killed):
            run_again(home)


def receipts_of(home: Home) -> list[tuple[str, str, str]]:
    file = home.root / erase.RECEIPTS
    if not file.exists():
        return []
    with file.open(newline="") as lines:
        return [
            (row["accounts"], row["landed_rows_changed"], row["publications_dropped"]) for row in csv.DictReader(lines)
        ]


ANN = ("Kd-1", "Annegret", "a@example.org")


def test_an_erasure_is_one_whatever_step_it_is_cut_off_at(
    published: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before each of its changes in turn; then the same command again, or a run. What is in force can be read
    throughout, and the receipt says what one that was not cut off would say.
    """
    cut_at, lived = 0, False
    while not lived:
        cut_at += 1
        for again_by in ("make erase", "make run"):
            home = Home(tmp_path / f"{cut_at} {again_by}")
            shutil.copytree(published.root, home.root, symlinks=True)
            lived = not is_killed(home, cut_at, monkeypatch)
            assert (home.current / publish.MARTS_FILE).exists(), f"{cut_at}: nothing is in force"
            is_begun = (home.root / erased.FILE).exists() or erase.is_unfinished(home)
            if again_by == "make erase" and not lived:
                with suppress(erase.EraseError):
                    erase.begin(home, "Kd-1")
                is_begun = True
            run_again(home)
            assert (home.current / publish.MARTS_FILE).exists()
            assert not erase.is_unfinished(home)
            assert receipts_of(home) == ([("1", "2", "3")] if is_begun else []), f"{cut_at}, {again_by}"
            assert says(home, ANN) == (not is_begun), f"{cut_at}, {again_by}"
            assert (not is_begun) == ("Kd-1" in (home.root / retention_ledger.FILE).read_text())
    assert cut_at > 15, "an erasure has more steps than that"


def says(home: Home, names: tuple[str, ...]) -> bool:
    """Whether landed rows, or other files that are not packed, hold one of these names: quicker than unpacking all."""
    texts = [str(rows(home, table)) for table in SMALL]
    texts += [file.read_text(errors="replace") for file in home.root.rglob("*") if file.is_file()]
    return any(name in text for name in names for text in texts)


def is_killed(home: Home, at: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Erase a customer, and die before the so many-th change of a file or a folder. Whether there were so many."""
    left = at

    def before(change: Callable) -> Callable:
        def counted(*arguments: object, **named: object) -> object:
            nonlocal left
            left -= 1
            if not left:
                raise Killed
            return change(*arguments, **named)

        return counted

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", before(os.replace))
        patch.setattr(shutil, "rmtree", before(shutil.rmtree))
        patch.setattr(Path, "unlink", before(Path.unlink))
        try:
            erase.begin(home, "Kd-1")
            run_again(home)
        except Killed:
            return True
    return False


def test_between_the_state_and_the_list_nothing_is_lost(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left to do is known by keyed hashes alone, and is on the list before anything is done."""
    erase.begin(published, "Kd-1")
    run_cut_off(published, monkeypatch, erased, "add")
    state = (published.root / erase.UNFINISHED).read_text()
    assert not any(
        name in state.replace(json.loads(state)["key"], "") for name in ("Annegret", "example.org", '"Kd-1"')
    )
    assert not (published.root / erased.FILE).exists()
    monkeypatch.setenv(keyed.VARIABLE, "another key, as long as it must be")
    with pytest.raises(run.RefreshFailed, match="set the one of then"):
        run_again(published)
    monkeypatch.setenv(keyed.VARIABLE, KEY)
    run_again(published)
    assert receipts_of(published) == [("1", "2", "3")]
    assert places_that_name(published.root, ANN) == []


def test_a_publication_without_them_stays_in_force_where_the_receipt_was_not_written(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase.begin(published, "Kd-1")
    run_cut_off(published, monkeypatch, erase, "finish")
    without = publish.in_force(published)
    run_red(published, monkeypatch)
    assert publish.in_force(published) == without and (published.current / publish.MARTS_FILE).exists()
    assert publish.publications(published) == [without]
    assert receipts_of(published) == [("1", "2", "3")]
    run_again(published)
    assert receipts_of(published) == [("1", "2", "3")]


def test_what_lies_beside_past_days_and_is_none_goes_with_them(published: Home) -> None:
    """A file manager's own file, a copy that somebody made, a day that an erasure was about to remove."""
    days = published.root / "as_of"
    (days / ".DS_Store").write_text("x")
    (days / "2025-06-02").write_text("no folder")
    for name in ("2025-06-01 (copy)", f"2025-06-01{erase.GONE}"):
        shutil.copytree(days / "2025-06-01", days / name, symlinks=True)
    erase.begin(published, "Kd-1")
    run_again(published)
    assert not days.exists()
    assert receipts_of(published) == [("1", "2", "3")]
    assert places_that_name(published.root, ANN) == []


@pytest.mark.parametrize("moved", ["as_of", "as_of/2025-06-01"])
def test_past_days_that_were_moved_to_another_disk_are_emptied_there(
    published: Home, tmp_path: Path, moved: str
) -> None:
    other_disk = tmp_path / "other disk"
    shutil.move(published.root / moved, other_disk)
    (published.root / moved).symlink_to(other_disk)
    erase.begin(published, "Kd-1")
    other_disk.rename(tmp_path / "unmounted")
    with pytest.raises(run.RefreshFailed, match="is its disk mounted"):
        run_again(published)
    (tmp_path / "unmounted").rename(other_disk)
    run_again(published)
    assert not (published.root / "as_of" / "2025-06-01").exists()
    assert not other_disk.exists() or not any(other_disk.iterdir())
    assert receipts_of(published) == [("1", "2", "3")]


def test_a_day_that_begins_while_somebody_is_erased_is_left_alone(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One before the last day is held is held, too; one after that is built of what names the person no more."""
    early, late = (Home(published.root, day) for day in ("2025-06-02", "2025-06-03"))
    hold, forget = lock.hold, retention_ledger.forget

    def holding(home: Home, *more: object) -> AbstractContextManager[None]:
        if home.as_of == "2025-06-01":
            publish_in_short(early)
        return hold(home, *more)

    def forgetting(*arguments: object) -> None:
        lock_file(late).parent.mkdir(parents=True)
        lock_file(late).touch()
        forget(*arguments)

    monkeypatch.setattr(lock, "hold", holding)
    monkeypatch.setattr(retention_ledger, "forget", forgetting)
    erase.begin(published, "Kd-1")
    run_again(published)
    assert [folder.name for folder in (published.root / "as_of").iterdir()] == [late.as_of]
    assert lock_file(late).exists()
    assert receipts_of(published) == [("1", "2", "4")]


def test_a_red_night_after_an_erasure_keeps_what_it_built(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Private folders are emptied once, or each night would build from nothing until one is green."""
    (published.private / "logs").mkdir(parents=True)
    erase.begin(published, "Kd-1")
    run_red(published, monkeypatch)
    assert not (published.private / "logs").exists()
    with monkeypatch.context() as patch:
        patch.setattr(erase, "_empty", lambda home: pytest.fail("it was emptied again"))
        run_red(published, monkeypatch)
    assert (published.private / "built.txt").exists()
    run_again(published)
    assert receipts_of(published) == [("1", "2", "3")]


def test_the_same_command_again_goes_on_after_a_red_build(
    published: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes, asked = [1, 0, 0], []
    monkeypatch.setattr(run, "main", lambda arguments: asked.append(arguments) or codes.pop(0))
    with mock.patch.dict(os.environ, {"WAREHOUSE_HOME": str(published.root)}):
        for customer, code, told in (
            ("Kd-1", 1, "The erasure is not finished"),
            ("Kd-1", 0, "still name the person"),
            ("Kd-2", 0, "still name the person"),
            ("nobody", 1, "No landed row names the customer nobody"),
        ):
            assert erase.main(["--shop", "home", "--customer", customer]) == code
            said = capsys.readouterr()
            assert told in said.out + said.err
            run_red(published, monkeypatch)
    assert len(asked) == 3
    run_again(published)
    assert receipts_of(published) == [("2", "4", "3")]
    with pytest.raises(erase.EraseError, match="was erased before"):
        erase.begin(published, "Kd-1")


def test_a_second_person_joins_an_erasure_that_is_not_finished(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first person is out, and after: both are in the one receipt, each row and publication once."""
    erase.begin(published, "Kd-1")
    erase.begin(published, "Kd-1")
    erase.begin(published, "Kd-2")
    run_red(published, monkeypatch)
    erase.begin(published, "Kd-3")
    with pytest.raises(erase.EraseError, match="`make run` finishes it"):
        erase.refuse_half_way(published)
    run_again(published)
    assert receipts_of(published) == [("3", "5", "3")]
    assert places_that_name(published.root, (*ANN, "Kd-2", "Kd-3", "Benedikt")) == []


def test_a_second_person_comes_after_a_first_whose_receipt_was_not_written(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase.begin(published, "Kd-1")
    run_cut_off(published, monkeypatch, erase, "finish")
    erase.begin(published, "Kd-2")
    run_again(published)
    assert receipts_of(published) == [("1", "2", "3"), ("1", "2", "1")]


def test_another_key_begins_nothing(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    erase.begin(published, "Kd-1")
    run_again(published)
    monkeypatch.setenv(keyed.VARIABLE, "another key, as long as it must be")
    with pytest.raises(landing.LandingError, match="was written with another key"):
        erase.begin(published, "Kd-2")
    assert not erase.is_unfinished(published)


def test_a_rollback_before_the_person_is_out_is_in_force_until_another_is(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase.begin(published, "Kd-1")
    publish.rollback(published)
    with pytest.raises(erase.EraseError, match="still in force"):
        erase.finish(published)
    run_red(published, monkeypatch)
    assert publish.in_force(published) == run_id_of(1) and (published.current / publish.MARTS_FILE).exists()
    run_again(published)
    assert receipts_of(published) == [("1", "2", "3")]
