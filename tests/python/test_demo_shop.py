"""The demo shop: the same bytes every time, in the shape of the contract, true to its own truth, dirty as it says."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from orchestration import contract
from orchestration.demo_shop import DemoShopError, Parameters, generate
from orchestration.demo_shop.__main__ import main
from orchestration.demo_shop.columns import schema_of
from orchestration.demo_shop.days import days_of
from orchestration.demo_shop.market import CHANNELS
from orchestration.demo_shop.money import totals

EPOCH = datetime(1970, 1, 1)
TWO_BLOCKS = 2_600
"""Customers: one block and a bit of a second."""
CENT = Decimal("0.01")


def quiet(_: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of two blocks without dirt, seed 1."""
    folder = tmp_path_factory.mktemp("clean") / "shop"
    generate(folder, customers=TWO_BLOCKS, clean=True, workers=1, progress=quiet)
    return folder


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same shop with dirt."""
    folder = tmp_path_factory.mktemp("dirty") / "shop"
    generate(folder, customers=TWO_BLOCKS, workers=1, progress=quiet)
    return folder


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop that `make run` makes."""
    folder = tmp_path_factory.mktemp("default") / "shop"
    generate(folder, progress=quiet)
    return folder


@pytest.fixture(scope="module")
def clean_database(clean: Path) -> duckdb.DuckDBPyConnection:
    """The clean shop's tables as text and, as `<table>_now`, typed with the last version of each row alone."""
    return database_of(clean)


@pytest.fixture(scope="module")
def dirty_database(dirty: Path) -> duckdb.DuckDBPyConnection:
    """The dirty shop's tables as text."""
    return database_of(dirty)


def contents(folder: Path) -> dict[str, str]:
    """Fingerprint of each file below a folder."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def files_of(folder: Path, table: str) -> list[Path]:
    """The files that the landing would read for a table."""
    beside = [file for file in folder.glob(f"{table}*") if file.stem == table or file.stem.startswith(f"{table}-")]
    return sorted([file for file in beside if file.is_file()] + list((folder / table).glob("*")))


def csv_table(file: Path) -> pa.Table:
    """A CSV file as text; bytes that are no UTF-8 become the replacement character."""
    rows = list(csv.reader(file.read_bytes().decode("utf-8", errors="replace").splitlines()))
    columns = zip(*rows[1:], strict=True) if len(rows) > 1 else [() for _ in rows[0]]
    return pa.table(
        {
            name: pa.array([value or None for value in values], pa.string())
            for name, values in zip(rows[0], columns, strict=True)
        }
    )


def sql_type(data_type: str) -> str:
    """A type of the contract as DuckDB calls it."""
    return "varchar" if data_type == "string" else data_type


def database_of(folder: Path) -> duckdb.DuckDBPyConnection:
    """Each table of the shop as text, all files together, and `<table>_now`: typed, the last version of each row."""
    connection = duckdb.connect(config={"threads": 2})
    for name, table in contract.tables().items():
        parts = []
        for number, file in enumerate(files_of(folder, name)):
            if file.suffix == ".csv":
                connection.register(f"{name}_{number}", csv_table(file))
                parts.append(f"select * from {name}_{number}")
            else:
                parts.append(f"select columns(*)::varchar from read_parquet('{file.as_posix()}')")
        connection.execute(f"create table {name} as {' union all by name '.join(parts)}")
        typed = ", ".join(f"try_cast({c.name} as {sql_type(c.data_type)}) as {c.name}" for c in table.columns)
        connection.execute(
            f"create table {name}_now as select * exclude (version) from (select {typed}, row_number() over "
            f"(partition by {', '.join(table.key)} order by updated_at desc nulls last) as version from {name}) "
            "where version = 1"
        )
    return connection


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query gives."""
    return connection.execute(query).fetchone()[0]


# The same bytes


def test_the_number_of_workers_does_not_change_a_byte(dirty: Path, tmp_path: Path) -> None:
    generate(tmp_path / "shop", customers=TWO_BLOCKS, workers=2, progress=quiet)
    assert contents(tmp_path / "shop") == contents(dirty)


def test_another_seed_is_another_shop(dirty: Path, tmp_path: Path) -> None:
    generate(tmp_path / "a", customers=50, progress=quiet)
    generate(tmp_path / "b", customers=50, seed=2, progress=quiet)
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert a["orders/part-00000.parquet"] != b["orders/part-00000.parquet"]
    assert a["fx_rates.csv"] != b["fx_rates.csv"]


def test_a_block_is_the_same_in_a_larger_shop(clean: Path, tmp_path: Path) -> None:
    generate(tmp_path / "shop", customers=2_500, clean=True, progress=quiet)
    smaller, larger = contents(tmp_path / "shop"), contents(clean)
    for name in ("orders", "order_lines", "customers", "web_events"):
        assert smaller[f"{name}/part-00000.parquet"] == larger[f"{name}/part-00000.parquet"]


def test_dirt_only_adds_rows(clean: Path, dirty: Path) -> None:
    with_dirt = contents(dirty)
    different = {name for name, content in contents(clean).items() if with_dirt.get(name) != content}
    legal = {"products.parquet", "_truth/dirty_rows.csv", "_truth/legal_rows.csv", "_truth/parameters.json"}
    grown = {"fx_rates.csv", "cost_pools.csv", "refunds/returns-desk.csv", "service_contacts/help-desk.csv"}
    assert different - {name for name in different if name.startswith("customers/")} == legal | grown
    for name in grown:
        assert (dirty / name).read_bytes().startswith((clean / name).read_bytes())


# The folder


def test_the_same_generation_again_does_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    assert not generate(folder, customers=20, progress=quiet).was_there
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    said: list[str] = []
    again = generate(folder, customers=20, progress=said.append)
    assert again.was_there
    assert "nothing to do" in said[0]
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_another_generation_replaces_the_shop_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    generate(folder, customers=20, progress=quiet)
    (tmp_path / "shop.tmp" / "_truth").mkdir(parents=True)
    generate(folder, customers=21, progress=quiet)
    assert json.loads((folder / "_truth" / "parameters.json").read_text())["parameters"]["customers"] == 21
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "orders.csv").write_text("mine")
    assert main([str(tmp_path), "--customers", "5"]) == 1
    assert "holds something that is no demo shop" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]


def test_what_lies_beside_is_not_overwritten(tmp_path: Path) -> None:
    """Folders named like the shop that waits while another takes its place: that had ended in a traceback."""
    folder = tmp_path / "shop"
    generate(folder, customers=5, progress=quiet)
    (tmp_path / "shop.old").mkdir()
    (tmp_path / "shop.old" / "orders.csv").write_text("mine")
    with pytest.raises(DemoShopError, match=r"shop\.old is in the way and no demo shop: move it away"):
        generate(folder, customers=6, progress=quiet)
    assert (tmp_path / "shop.old" / "orders.csv").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop", "shop.old"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    assert main([str(tmp_path / "file" / "shop"), "--customers", "5"]) == 1
    assert "could not be written: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [{"customers": 0}, {"lines": 0}, {"years": 0}, {"years": 21}, {"seed": -1}, {"workers": 0}, {"first_year": 1492}],
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(DemoShopError, match=f"{next(iter(wrong))}: .* given, expected"):
        generate(tmp_path / "shop", progress=quiet, **wrong)
    assert not any(tmp_path.iterdir())


def test_lines_asked_for_are_about_the_lines_that_come(tmp_path: Path) -> None:
    made = generate(tmp_path / "shop", lines=12_000, progress=quiet)
    assert made.lines == pytest.approx(12_000, rel=0.15)


@pytest.mark.parametrize("customers", [1, 3])
def test_the_smallest_shops_have_all_company_tables(customers: int, tmp_path: Path) -> None:
    generate(tmp_path / "shop", customers=customers, years=1, progress=quiet)
    for name in ("orders", "order_lines", "customers", "products", "fx_rates", "cost_pools", "refunds"):
        assert files_of(tmp_path / "shop", name)


def test_shop_settings(clean: Path) -> None:
    settings = yaml.safe_load((clean / "shop.yml").read_text())
    assert settings == {
        "shop": "demo",
        "reporting_currency": "EUR",
        "reporting_time_zone": "Europe/Berlin",
        "shop_opened_on": date(2023, 1, 1),
        "prices_include_tax": False,
    }


# The shape of the contract


@pytest.mark.parametrize("table", list(contract.tables()))
def test_files_have_the_columns_and_types_of_the_contract(table: str, dirty: Path) -> None:
    files = files_of(dirty, table)
    assert files
    for file in files:
        if file.suffix == ".csv":
            with file.open(encoding="utf-8") as lines:
                assert next(lines).strip().split(",") == schema_of(table).names
        else:
            assert pq.read_schema(file) == schema_of(table)


def test_nothing_lies_in_the_folder_that_the_landing_does_not_know(dirty: Path) -> None:
    known = {file for table in contract.tables() for file in files_of(dirty, table)} | {dirty / "shop.yml"}
    there = {file for file in dirty.rglob("*") if file.is_file() and "_truth" not in file.parts}
    assert there == known


def test_rows_recorded_are_the_rows_there(clean: Path, clean_database: duckdb.DuckDBPyConnection) -> None:
    recorded = json.loads((clean / "_truth" / "parameters.json").read_text())["rows"]
    assert recorded == {name: one(clean_database, f"select count(*) from {name}") for name in contract.tables()}


@pytest.mark.parametrize("table", list(contract.tables()))
def test_a_clean_shop_keeps_the_contract(table: str, clean_database: duckdb.DuckDBPyConnection) -> None:
    assert set(faults(clean_database, table).elements()) == set()


def test_mail_addresses_are_nobodys(clean_database: duckdb.DuckDBPyConnection) -> None:
    assert one(clean_database, "select count(*) from customers where email not like '%@example.com'") == 0
    assert one(clean_database, "select count(*) from customers where regexp_matches(email, '[^a-z0-9.@-]')") == 0
    assert one(clean_database, "select count(*) - count(distinct email) from customers_now") == 0


# What refers to what


REFERENCES = [
    ("orders", "customer_id", "customers", "customer_id"),
    ("order_lines", "product_id", "products", "product_id"),
    ("product_costs", "product_id", "products", "product_id"),
    ("service_contacts", "order_id", "orders", "order_id"),
    ("web_events", "product_id", "products", "product_id"),
    *[
        (table, "customer_id", "customers", "customer_id")
        for table in ("refunds", "marketing_touches", "service_contacts", "loyalty_events", "web_events", "surveys")
    ],
    ("customers", "referred_by_customer_id", "customers", "customer_id"),
    ("customers", "merged_into_customer_id", "customers", "customer_id"),
    ("orders", "order_id", "order_lines", "order_id"),
]


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_nothing_hangs_in_the_air(
    table: str, column: str, other: str, key: str, clean_database: duckdb.DuckDBPyConnection
) -> None:
    named = f"select {column} from {table} where {column} is not null"
    assert one(clean_database, f"select count(*) from ({named}) where {column} not in (select {key} from {other})") == 0
    assert one(clean_database, f"select count(*) from ({named})") > 0


def test_refunds_never_exceed_a_line_or_an_order(clean_database: duckdb.DuckDBPyConnection) -> None:
    clean_database.execute(
        """create or replace temp table line_nets as select order_id, line_number, quantity, tax_amount,
           quantity * unit_price - discount_amount as before_order_discount from order_lines_now"""
    )
    over_line = one(
        clean_database,
        """select count(*) from (
        select order_id, line_number, sum(refund_amount) as amount, sum(tax_amount) as tax, sum(quantity) as quantity
        from refunds_now where line_number is not null group by all) as given
        join line_nets as line using (order_id, line_number)
        join (select order_id, sum(before_order_discount) as value from line_nets group by all) using (order_id)
        join orders_now as o using (order_id)
        where given.amount > line.before_order_discount - ceil(coalesce(100 * o.discount_amount::double
                * line.before_order_discount::double / nullif(value::double, 0), 0)) / 100
           or given.tax > line.tax_amount or given.quantity > line.quantity""",
    )
    over_order = one(
        clean_database,
        """select count(*) from (
        select order_id, sum(refund_amount) as amount, sum(tax_amount) as tax, sum(shipping_refunded) as shipping
        from refunds_now where order_id is not null group by all) as given
        join (select order_id, sum(before_order_discount) as value, sum(tax_amount) as tax
              from line_nets group by all) as bought using (order_id)
        join orders_now as o using (order_id)
        where given.amount > value - o.discount_amount
           or given.tax > bought.tax or given.shipping > o.shipping_charged""",
    )
    assert (over_line, over_order) == (0, 0)
    kinds = clean_database.execute(
        """select count(*) filter (order_id is null),
           count(*) filter (order_id is not null and line_number is null),
           count(*) filter (line_number is not null and quantity = 0),
           count(*) filter (is_restocked) from refunds_now"""
    ).fetchone()
    assert min(kinds) > 0


def test_merges_end_and_some_are_chains(clean_database: duckdb.DuckDBPyConnection) -> None:
    into = dict(
        clean_database.execute(
            "select customer_id, merged_into_customer_id from customers_now where merged_into_customer_id is not null"
        ).fetchall()
    )
    lengths = []
    for customer in into:
        length, current = 0, customer
        while current in into:
            current, length = into[current], length + 1
            assert length <= len(into)
        lengths.append(length)
    assert max(lengths) >= 2
    names = dict(clean_database.execute("select customer_id, full_name from customers_now").fetchall())
    assert all(names[customer] == names[target] for customer, target in into.items())


def test_referrals_are_a_forest(clean_database: duckdb.DuckDBPyConnection) -> None:
    by = dict(
        clean_database.execute(
            "select customer_id, referred_by_customer_id from customers_now where referred_by_customer_id is not null"
        ).fetchall()
    )
    assert len(by) > 100
    assert all(int(referrer) < int(customer) for customer, referrer in by.items())


def test_views_come_before_the_order_of_their_session(clean_database: duckdb.DuckDBPyConnection) -> None:
    of_orders = "web_events_now as e join orders_now as o using (session_id)"
    assert one(clean_database, f"select count(*) from {of_orders} where e.occurred_at >= o.ordered_at") == 0
    assert one(clean_database, f"select count(distinct o.order_id) from {of_orders}") == one(
        clean_database, "select count(*) from orders_now where session_id is not null"
    )


def test_late_rows_and_corrections_are_later_versions(clean: Path) -> None:
    connection = duckdb.connect()
    read = f"read_parquet('{clean.as_posix()}/%s/%s-*.parquet')"
    for table in ("orders", "order_lines", "customers", "shipments"):
        key = ", ".join(contract.tables()[table].key)
        pair = f"{read % (table, 'corrections')} as after join {read % (table, 'part')} as before using ({key})"
        corrected = one(connection, f"select count(*) from {read % (table, 'corrections')}")
        assert corrected > 0
        assert one(connection, f"select count(*) from {pair} where after.updated_at > before.updated_at") == corrected
    late = one(
        connection, f"select count(*) from {read % ('orders', 'late')} where updated_at > ordered_at + interval 2 day"
    )
    assert late == one(connection, f"select count(*) from {read % ('orders', 'late')}") > 0


def test_rates_have_weekends_without_one(clean_database: duckdb.DuckDBPyConnection) -> None:
    assert one(clean_database, "select count(*) from fx_rates_now where isodow(rate_date) >= 6") == 0
    assert (
        one(clean_database, "select count(*) from orders_now where isodow(ordered_at) >= 6 and currency <> 'EUR'") > 0
    )
    assert (
        one(
            clean_database,
            """select count(*) from orders_now as o where currency <> 'EUR' and not exists (
        from fx_rates_now as r where r.currency = o.currency and r.rate_date <= o.ordered_at::date
        and r.rate_date > o.ordered_at::date - 7)""",
        )
        == 0
    )


# The truth


def local_day(when: date | datetime) -> date:
    """The day in the shop's time zone of a moment in UTC; a day stays as it is."""
    if not isinstance(when, datetime):
        return when
    return when.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin")).date()


def rounded(amount: Decimal) -> Decimal:
    """To the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


Row = tuple[Any, ...]


class Ledger:
    """All measures of the truth again, row by row in Decimal, from the files alone."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self.database = database
        self.sums: dict[tuple[str | None, date], Counter[str]] = defaultdict(Counter)
        self.rates = {
            (row[1], row[0]): row[2] for row in self.rows("fx_rates", "rate_date, currency, rate_to_reporting")
        }
        self.costs: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for product, valid_from, cost in sorted(self.rows("product_costs", "product_id, valid_from, unit_cost")):
            self.costs[product].append((valid_from, cost))
        self.fixed_costs = dict(self.rows("products", "product_id, unit_cost"))
        self.orders: dict[str, tuple[str | None, date, Decimal, bool]] = {}
        self.line_costs: dict[tuple[str, int], Decimal] = {}
        self.order_costs: Counter[str] = Counter()

    def rows(self, table: str, columns: str) -> list[Row]:
        return self.database.execute(f"select {columns} from {table}_now").fetchall()

    def rate(self, currency: str | None, day: date) -> Decimal:
        """The rate of the last business day."""
        if currency in (None, "EUR"):
            return Decimal(1)
        while (currency, day) not in self.rates:
            day -= timedelta(days=1)
        return self.rates[currency, day]

    def unit_cost(self, product: str, day: date) -> Decimal:
        known = [cost for valid_from, cost in self.costs[product] if valid_from <= day]
        return known[-1] if known else self.fixed_costs[product]

    def book(self, customer: str | None, when: date, measure: str, amount: Decimal | int) -> None:
        self.sums[customer, local_day(when).replace(day=1)][measure] += Decimal(amount)

    def book_orders(self) -> None:
        columns = "order_id, customer_id, status, ordered_at, currency, shipping_charged, discount_amount, commission"
        for order, customer, status, ordered_at, currency, shipping, discount, commission in self.rows(
            "orders", columns
        ):
            day = local_day(ordered_at)
            at = self.rate(currency, day)
            self.orders[order] = (customer, day, at, status != "cancelled")
            if status != "cancelled":
                self.book(customer, day, "order_count", 1)
                self.book(customer, day, "discounts", rounded(discount * at))
                self.book(customer, day, "shipping_charged", rounded(shipping * at))
                self.book(customer, day, "commission", rounded((commission or 0) * at))

    def book_lines(self) -> None:
        columns = "order_id, line_number, product_id, quantity, unit_price, discount_amount"
        for order, number, product, quantity, price, discount in self.rows("order_lines", columns):
            customer, day, at, counts = self.orders[order]
            cost = self.unit_cost(product, day)
            self.line_costs[order, number] = cost
            self.order_costs[order] += rounded(quantity * cost)
            if counts:
                self.book(customer, day, "line_count", 1)
                self.book(customer, day, "gross_sales", rounded(quantity * price * at))
                self.book(customer, day, "discounts", rounded(discount * at))
                self.book(customer, day, "cogs", rounded(quantity * cost))

    def book_refunds(self) -> None:
        columns = (
            "order_id, line_number, customer_id, refunded_at, quantity, refund_amount, shipping_refunded, currency"
        )
        refunds = self.rows("refunds", f"{columns}, is_restocked")
        for order, number, named, when, quantity, amount, shipping, currency, restocked in refunds:
            own = self.rate(currency, local_day(when))
            customer, _, at, _ = self.orders[order] if order else (named, None, own, True)
            self.book(customer, when, "refund_count", 1)
            self.book(customer, when, "return_count", int(quantity > 0))
            self.book(customer, when, "refunds", rounded(amount * at))
            self.book(customer, when, "currency_difference", rounded(amount * own) - rounded(amount * at))
            self.book(customer, when, "shipping_refunded", rounded(shipping * at))
            if restocked:
                whole = number is None
                back = self.order_costs[order] if whole else rounded(quantity * self.line_costs[order, number])
                self.book(customer, when, "cogs", -back)

    def book_payments(self) -> None:
        payments = self.rows("payments", "order_id, amount, fee_amount, status, chargeback_at, due_at")
        settled = {row[0] for row in payments if row[3] != "failed"}
        for order, amount, fee, status, charged_back, due in payments:
            customer, day, at, counts = self.orders[order]
            if counts:
                self.book(customer, day, "payment_fees", rounded(fee * at))
                if status == "chargeback" or (status == "failed" and order not in settled):
                    self.book(customer, charged_back or due, "bad_debt", rounded(amount * at))

    def book_the_rest(self) -> None:
        for order, cost in self.rows("shipments", "order_id, shipping_cost"):
            self.book(self.orders[order][0], self.orders[order][1], "shipping_cost", cost)
        for customer, when, cost in self.rows("loyalty_events", "customer_id, occurred_at, cost_amount"):
            self.book(customer, when, "loyalty_cost", cost or 0)
        for customer, when, minutes in self.rows("service_contacts", "customer_id, opened_at, handle_minutes"):
            self.book(customer, when, "service_minutes", minutes)


def test_truth_by_customer_and_month_is_what_the_files_sum_to(
    clean: Path, clean_database: duckdb.DuckDBPyConnection
) -> None:
    ledger = Ledger(clean_database)
    ledger.book_orders()
    ledger.book_lines()
    ledger.book_refunds()
    ledger.book_payments()
    ledger.book_the_rest()
    table = truth(clean, "customer_months")
    measures = [name for name in table.column_names if name not in ("customer_id", "resolved_customer_id", "month")]
    expected: dict[tuple[str | None, date], Counter[str]] = defaultdict(Counter)
    for row in table.to_pylist():
        for measure in measures:
            expected[row["customer_id"], row["month"]][measure] += row[measure]
    differences = [
        (key, measure, expected[key][measure], ledger.sums[key][measure])
        for key in sorted(set(expected) | set(ledger.sums), key=str)
        for measure in measures
        if expected[key][measure] != ledger.sums[key][measure]
    ]
    assert differences == []
    for measure in measures:
        assert sum(row[measure] for row in expected.values()) != 0, measure


def truth(folder: Path, name: str) -> pa.Table:
    """One of the tables beside the data."""
    return pa.concat_tables([pq.read_table(file) for file in sorted((folder / "_truth" / name).glob("*.parquet"))])


def test_truth_has_every_customer_once(clean: Path, clean_database: duckdb.DuckDBPyConnection) -> None:
    clean_database.register("true_customers", truth(clean, "customers"))
    assert one(clean_database, "select count(*) from true_customers") == TWO_BLOCKS
    assert (
        one(
            clean_database,
            """select count(*) from true_customers as t full join customers_now as c using (customer_id)
        where t.customer_id is null or c.customer_id is null
           or t.merged_into_customer_id is distinct from c.merged_into_customer_id
           or t.referred_by_customer_id is distinct from c.referred_by_customer_id""",
        )
        == 0
    )
    assert (
        one(
            clean_database,
            """select count(*) from true_customers as t join (select customer_id, min(ordered_at) as first,
        count(*) filter (status <> 'cancelled') as orders from orders_now group by all) as o using (customer_id)
        where t.first_order_at <> o.first or t.order_count <> o.orders""",
        )
        == 0
    )
    assert (
        one(
            clean_database,
            """select count(*) from true_customers as t join orders_now as o using (customer_id)
        where o.ordered_at::date > t.stopped_at::date + 1""",
        )
        == 0
    )


def test_the_last_touch_before_the_first_order_is_by_the_channel_that_won(
    clean: Path, clean_database: duckdb.DuckDBPyConnection
) -> None:
    clean_database.register("true_customers", truth(clean, "customers"))
    right, wrong = clean_database.execute(
        """select count(*) filter (touched = won), count(*) filter (touched is distinct from won)
        from (select customer_id,
                  arg_max(m.channel || ' ' || coalesce(m.campaign, ''), m.touched_at) as touched,
                  any_value(t.acquisition_channel || ' ' || coalesce(t.acquisition_campaign, '')) as won
              from marketing_touches_now as m join true_customers as t using (customer_id)
              where m.touched_at < t.first_order_at group by all)"""
    ).fetchone()
    assert wrong == 0
    assert right > 0.75 * TWO_BLOCKS


def test_channels_win_their_shares(default: Path) -> None:
    customers = truth(default, "customers")
    won = Counter(customers["acquisition_channel"].to_pylist())
    for channel in CHANNELS:
        # Who cannot have been referred yet is organic; apart from that, four standard deviations.
        spread = 4 * math.sqrt(channel.share * (1 - channel.share) / len(customers))
        assert won[channel.name] / len(customers) == pytest.approx(channel.share, abs=spread)
    recorded = Counter(
        pq.read_table(default / "customers", columns=["acquisition_channel"])["acquisition_channel"].to_pylist()
    )
    assert recorded[None] > 0
    assert recorded["direct"] > 0


def test_purchases_follow_the_rates(default: Path) -> None:
    """Orders after the first are Poisson: their number is near the rates times the busyness lived through."""
    days = days_of(Parameters())
    customers = truth(default, "customers").to_pylist()
    orders = duckdb.sql(
        f"""select customer_id, count(*)
        from read_parquet(['{default}/orders/part-*.parquet', '{default}/orders/late-*.parquet'])
        where customer_id is not null group by all"""
    ).fetchall()
    bought = dict(orders)
    expected = 0.0
    for row in customers:
        if row["is_prospect"]:
            assert row["customer_id"] not in bought
            continue
        arrived = days.day_of(np.array([int((row["first_order_at"] - EPOCH).total_seconds())]))[0]
        stopped = days.end if row["is_alive_at_end"] else int((row["stopped_at"] - EPOCH).total_seconds())
        stop_day = days.count if row["is_alive_at_end"] else days.day_of(np.array([stopped]))[0] + 0.5
        clock = np.interp([min(arrived + 1, days.count), stop_day], np.arange(days.count + 1), days.elapsed_busyness)
        expected += row["purchase_rate_per_week"] / 7 * max(clock[1] - clock[0], 0)
    repeats = sum(bought.values()) - len(bought)
    assert repeats == pytest.approx(expected, abs=5 * math.sqrt(expected) + 0.01 * expected)


def test_december_is_the_peak_and_nights_are_quiet(default: Path) -> None:
    orders = f"read_parquet('{default}/orders/part-*.parquet')"
    by_month = dict(duckdb.sql(f"select month(ordered_at), count(*) from {orders} group by all").fetchall())
    assert max(by_month, key=by_month.get) in (11, 12)
    assert by_month[12] > 1.4 * by_month[7]
    at_night = duckdb.sql(f"select avg((hour(ordered_at) in (0, 1, 2, 3))::int) from {orders}").fetchone()[0]
    assert at_night < 0.03


def test_the_default_shop_is_one_that_someone_would_run(default: Path) -> None:
    """A tenth of net sales is profit, most of it from few customers, half of them cost more than they bring."""
    assert json.loads((default / "_truth" / "parameters.json").read_text())["rows"]["order_lines"] == pytest.approx(
        40_000, rel=0.1
    )
    result = duckdb.sql(f"""
        with months as (
            select customer_id, order_count, gross_sales - discounts - refunds as net_sales,
                gross_sales - discounts - refunds - cogs + shipping_charged - shipping_refunded - shipping_cost
                - payment_fees - commission - bad_debt - loyalty_cost - currency_difference as contribution
            from read_parquet('{default}/_truth/customer_months/*.parquet')),
        company as (
            select sum(net_sales) as net_sales, sum(contribution) as contribution, sum(order_count) as orders,
                (select sum(try_cast(amount as decimal(20, 4)))
                 from read_csv('{default}/cost_pools.csv', all_varchar = true))
                + (select sum(amount) from read_parquet('{default}/marketing_spend.parquet')) as cost
            from months),
        customers as (
            select customer_id, sum(months.contribution)
                - any_value(company.cost / company.orders) * sum(months.order_count) as profit
            from months, company where customer_id is not null group by all),
        ranked as (
            select profit, sum(profit) over (order by profit desc, customer_id) / sum(profit) over () as share,
                row_number() over (order by profit desc, customer_id) / count(*) over () as place
            from customers)
        select any_value((company.contribution - company.cost) / company.net_sales),
            max(share) filter (place <= 0.2), max(share), avg((profit < 0)::int)
        from ranked, company""").fetchone()
    margin, top_fifth, peak, losing = result
    assert 0.07 < margin < 0.13
    assert top_fifth > 1.15
    assert 1.2 < peak < 2.5
    assert 0.2 < losing < 0.7


# The dirt


def faults(database: duckdb.DuckDBPyConnection, table: str) -> Counter[str]:
    """Rows of a table that the contract refuses, counted by kind, found by the contract's rules alone."""
    description = contract.tables()[table]
    found: Counter[str] = Counter()
    unread = []
    for column in description.columns:
        typed = f"try_cast({column.name} as {sql_type(column.data_type)})"
        if column.required:
            found["missing_required_value"] += one(
                database, f"select count(*) from {table} where {column.name} is null"
            )
        if column.data_type != "string":
            unread.append(f"({column.name} is not null and {typed} is null)")
            kind = "unparseable_date" if column.data_type in ("date", "timestamp") else "unparseable_value"
            found[kind] += one(database, f"select count(*) from {table} where {unread[-1]}")
        else:
            found["invalid_utf8"] += one(
                database, f"select count(*) from {table} where contains({column.name}, chr(65533))"
            )
        if column.minimum is not None:
            kind = {"quantity": "negative_quantity", "unit_price": "negative_price", "amount": "negative_amount"}.get(
                column.name
            )
            found[kind or "value_below_minimum"] += one(
                database, f"select count(*) from {table} where {typed} < {column.minimum}"
            )
        if column.maximum is not None:
            found["value_above_maximum"] += one(
                database, f"select count(*) from {table} where {typed} > {column.maximum}"
            )
        if column.allowed:
            found["value_not_allowed"] += one(
                database, f"select count(*) from {table} where {column.name} not in {column.allowed}"
            )
        if column.event:
            found["date_before_opening"] += one(database, f"select count(*) from {table} where {typed} < '2023-01-01'")
            found["date_after_the_load"] += one(database, f"select count(*) from {table} where {typed} > '2026-06-01'")
    columns = ", ".join(column.name for column in description.columns)
    key = " and ".join(f"{name} is not null" for name in description.key if name != "campaign")
    distinct = f"select {columns}, count(*) as copies from {table} where {key} group by all"
    found["exact_duplicate"] = one(database, f"select coalesce(sum(copies - 1), 0)::int from ({distinct})")
    version = f"select {', '.join(description.key)}, updated_at, count(*) as versions from ({distinct}) group by all"
    found["conflicting_duplicate"] = one(
        database, f"select coalesce(sum(versions), 0)::int from ({version}) where versions > 1"
    )
    found += faults_between_tables(database, table)
    return +found


def faults_between_tables(database: duckdb.DuckDBPyConnection, table: str) -> Counter[str]:
    """The rules that look at more than one row or table."""
    found: Counter[str] = Counter()
    without = {"order_lines": "line", "refunds": "refund", "payments": "payment", "shipments": "shipment"}
    if table in without:
        found[f"{without[table]}_without_order"] = one(
            database,
            f"""select count(*) from {table}
                where order_id not in (select order_id from orders where order_id is not null)""",
        )
    if "currency" in {column.name for column in contract.tables()[table].columns} and table != "fx_rates":
        found["currency_without_rate"] = one(
            database,
            f"""select count(*) from {table} where currency <> 'EUR'
                and currency not in (select currency from fx_rates where try_cast(rate_to_reporting as double) > 0)""",
        )
    if table == "refunds":
        found["refund_exceeds_order"] = one(
            database,
            """select count(*) from (
            select order_id, sum(refund_amount + coalesce(tax_amount, 0)) as given from refunds_now group by all) join (
            select order_id, sum(quantity * unit_price - discount_amount + tax_amount) as bought from order_lines_now
            where quantity > 0 and unit_price >= 0 group by all) using (order_id)
            where given > bought and order_id in (select order_id from orders_now)""",
        )
    if table == "customers":
        into = dict(
            database.execute(
                "select customer_id, merged_into_customer_id from customers where merged_into_customer_id is not null"
            ).fetchall()
        )
        found["merge_cycle"] = sum(into.get(target) == customer for customer, target in into.items())
    return found


def recorded_dirt(folder: Path) -> list[dict[str, str]]:
    """The lines of `_truth/dirty_rows.csv`."""
    with (folder / "_truth" / "dirty_rows.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("table", list(contract.tables()))
def test_dirty_rows_found_are_the_dirty_rows_recorded(
    table: str, dirty: Path, dirty_database: duckdb.DuckDBPyConnection
) -> None:
    recorded = {row["kind"]: int(row["row_count"]) for row in recorded_dirt(dirty) if row["table_name"] == table}
    assert dict(faults(dirty_database, table)) == recorded


def test_every_kind_of_dirt_is_there_and_no_table_has_more_than_is_tolerated(default: Path) -> None:
    recorded = recorded_dirt(default)
    assert {row["kind"] for row in recorded} >= {
        "unparseable_value",
        "missing_required_value",
        "exact_duplicate",
        "conflicting_duplicate",
        "line_without_order",
        "refund_exceeds_order",
        "negative_quantity",
        "date_before_opening",
        "currency_without_rate",
        "merge_cycle",
        "invalid_utf8",
    }
    good = json.loads((default / "_truth" / "parameters.json").read_text())["rows"]
    by_table = Counter()
    for row in recorded:
        by_table[row["table_name"]] += int(row["row_count"])
        assert (default / row["source_file"]).is_file()
        assert row["expected_fate"] == ("duplicate" if row["kind"] == "exact_duplicate" else "quarantined")
    assert all(count <= 0.005 * good[table] for table, count in by_table.items())


def test_a_clean_shop_records_no_dirt(clean: Path) -> None:
    assert recorded_dirt(clean) == []


def test_legal_rows_are_counted(dirty: Path, dirty_database: duckdb.DuckDBPyConnection) -> None:
    with (dirty / "_truth" / "legal_rows.csv").open(encoding="utf-8", newline="") as file:
        legal = {(row["table_name"], row["kind"]): int(row["row_count"]) for row in csv.DictReader(file)}
    for (table, kind), count in legal.items():
        if kind in ("late", "corrected"):
            stem = "late" if kind == "late" else "corrections"
            assert sum(pq.read_metadata(file).num_rows for file in (dirty / table).glob(f"{stem}-*")) == count
    assert legal["products", "unknown_product"] == one(
        dirty_database,
        "select count(distinct product_id) from order_lines where product_id not in (select product_id from products)",
    )
    assert legal["customers", "unknown_customer"] > 0
    assert legal["customers", "unknown_customer"] == one(
        dirty_database,
        """select count(distinct customer_id) from orders where customer_id not in
           (select customer_id from customers where customer_id is not null)""",
    )


def test_whole_numbers_are_summed_exactly() -> None:
    groups = np.array([0, 2, 2, 0])
    assert totals(groups, np.array([2**52, 1, 2, 1]), 3).tolist() == [2**52 + 1, 0, 3]
