"""Connectors: every source row has one fate, every cent is accounted for, and a second night lands what changed."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration import contract
from orchestration.landing import LandingError, connect, connectors, land, store
from orchestration.paths import PROJECT, Home

SHARED = PROJECT.parent / "shared" / "data"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROW, TIME = "source_file, source_row", "date '2026-01-01' as ordered_at"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def shared(name: str) -> Path:
    """A folder of the real data; without it the test is skipped by name, or fails where REQUIRE_SHARED=1."""
    folder = SHARED / name
    if not folder.exists():
        if os.environ.get("REQUIRE_SHARED") == "1":
            pytest.fail(f"REQUIRE_SHARED=1, and the real data ({name}) is not beside the project")
        pytest.skip(f"the real data ({name}) is not beside the project")
    return folder


class Shop:
    """A folder of source files, a home, and the connector between them."""

    def __init__(self, folder: Path, connector: str, inbox: Path | None = None):
        self.inbox = inbox or folder / "inbox"
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.home = Home(folder / "home")
        self.connector = connector

    def day(self, day: str, *lines: str) -> None:
        (self.inbox / f"{day}.csv").write_text(HEADER + "".join(line + "\n" for line in lines), encoding="utf-8")

    def land(self):
        return land(self.inbox, self.home, self.connector, progress=lambda line: None, clock=lambda: NOON)

    def landed(self, table: str) -> str:
        return f"read_parquet('{self.home.landed / table}/*.parquet', union_by_name = true)"

    def all_rows(self, table: str, columns: str) -> list[tuple]:
        order = ", ".join(contract.tables()[table].key)
        return duckdb.sql(
            f"select {columns} from {self.landed(table)} order by load_id, {order}, source_row"
        ).fetchall()

    def today(self, table: str, columns: str) -> list[tuple]:
        """What counts of a table: the latest version of each key, unless deleted."""
        key = ", ".join(contract.tables()[table].key)
        return duckdb.sql(
            f"""
            select {columns} from (
                select *, row_number() over (partition by {key} order by load_id desc) as age
                from {self.landed(table)} where unreadable is null
            ) where age = 1 and is_deleted is distinct from true order by {key}
            """
        ).fetchall()

    def content(self) -> dict[str, list[tuple]]:
        return {
            name: self.today(name, ", ".join(column.name for column in table.columns))
            for name, table in contract.tables().items()
        }

    def source_total(self) -> tuple[int, Decimal]:
        return duckdb.sql(
            f"select count(*), sum(Quantity * UnitPrice) from {self.landed('_source/online_retail')}"
        ).fetchall()[0]


@pytest.fixture
def retail(tmp_path):
    return Shop(tmp_path, "online_retail")


FIRST = [
    "536365,85123A,HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,71053, LANTERN ,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom",
    "536365,85123A,HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536366,POST,POSTAGE,1,2010-12-01 08:30:00,18.0,,Unspecified",
    "A536367,B,Adjust bad debt,1,2010-12-01 08:40:00,-11062.06,,United Kingdom",
    "536368,22423,,-5,2010-12-01 08:50:00,0.0,,United Kingdom",
    "536369,22423,GIFT,1,2010-12-01 09:00:00,0.0,00123.0,EIRE",
    "C536370,D,Discount,-1,2010-12-01 09:10:00,27.5,14527.0,United Kingdom",
]


def test_each_kind_of_line_goes_its_way(retail):
    retail.day("2010-12-01", *FIRST)
    report = retail.land()
    assert report.fates == {
        "duplicate": (1, Decimal("15.3000")),
        "order_lines": (6, Decimal("-11008.4200")),
        "refunds": (1, Decimal("-27.5000")),
    }
    assert retail.today("order_lines", "order_id, line_number, product_id, quantity, unit_price, source_row") == [
        ("536365", 1, "85123A", 6, Decimal("2.5500"), 1),
        ("536365", 2, "71053", 6, Decimal("3.3900"), 2),
        ("536366", 1, "POST", 1, Decimal("18"), 4),
        ("536368", 1, "22423", -5, 0, 6),
        ("536369", 1, "22423", 1, 0, 7),
        ("A536367", 1, "B", 1, Decimal("-11062.06"), 5),
    ]
    assert retail.today("orders", "order_id, customer_id, ordered_at, currency, delivery_country")[:2] == [
        ("536365", "17850", datetime(2010, 12, 1, 8, 26), "GBP", "United Kingdom"),
        ("536366", None, datetime(2010, 12, 1, 8, 30), "GBP", None),
    ]
    assert retail.today("customers", "customer_id, country") == [
        ("00123", "EIRE"), ("14527", "United Kingdom"), ("17850", "United Kingdom"),
    ]  # fmt: skip
    assert retail.today("products", "product_id, product_name") == [
        ("22423", "GIFT"), ("71053", "LANTERN"), ("85123A", "HEART HOLDER"), ("B", "Adjust bad debt"),
        ("D", "Discount"), ("POST", "POSTAGE"),
    ]  # fmt: skip
    assert retail.today(
        "refunds",
        "refund_id, order_id, line_number, customer_id, product_id, quantity, refund_amount, tax_amount, is_restocked",
    ) == [("C536370|1", None, None, "14527", "D", 1, Decimal("27.5"), 0, None)]


def test_a_cancellation_refunds_the_latest_line_that_can_carry_it_whole(retail):
    retail.day(
        "2010-12-01",
        "1,P,x,10,2010-12-01 08:00:00,2.0,7.0,France",
        "2,P,x,4,2010-12-01 09:00:00,2.0,7.0,France",
        "3,P,x,4,2010-12-01 10:00:00,2.5,7.0,France",    # another price
        "4,P,x,4,2010-12-01 10:00:00,2.0,8.0,France",    # another customer
        "5,P,x,9,2010-12-01 18:00:00,2.0,7.0,France",    # bought later
        "C6,P,x,-3,2010-12-01 11:00:00,2.0,7.0,France",  # from 2, which has 1 left
        "C7,P,x,-2,2010-12-01 12:00:00,2.0,7.0,France",  # 2 has too few left: from 1
        "C8,P,x,-1,2010-12-01 13:00:00,2.0,7.0,France",  # from 2
        "C9,P,x,-9,2010-12-01 14:00:00,2.0,7.0,France",  # none has 9 left: on its own
        "C10,P,x,-1,2010-12-01 07:00:00,2.0,7.0,France", # before anything was bought: on its own
        "C11,P,x,-1,2010-12-01 15:00:00,2.0,,France",    # a guest: on its own
    )  # fmt: skip
    retail.land()
    refunds = retail.today("refunds", "refund_id, order_id, line_number, customer_id, product_id")
    assert {row[0]: row[1:] for row in refunds} == {
        "C6|1": ("2", 1, None, None),
        "C7|1": ("1", 1, None, None),
        "C8|1": ("2", 1, None, None),
        "C9|1": (None, None, "7", "P"),
        "C10|1": (None, None, "7", "P"),
        "C11|1": (None, None, None, "P"),
    }


@pytest.mark.parametrize(
    ("local", "in_utc"),
    [
        ("2011-01-15 12:00:00", datetime(2011, 1, 15, 12)),
        ("2011-07-15 12:00:00", datetime(2011, 7, 15, 11)),
        ("2011-03-27 00:59:59", datetime(2011, 3, 27, 0, 59, 59)),
        ("2011-03-27 01:30:00", datetime(2011, 3, 27, 1, 30)),  # does not exist: as if clocks had not gone forward
        ("2011-03-27 02:00:00", datetime(2011, 3, 27, 1)),
        ("2011-10-30 00:59:59", datetime(2011, 10, 29, 23, 59, 59)),
        ("2011-10-30 01:30:00", datetime(2011, 10, 30, 1, 30)),  # comes twice: the second, winter one
        ("2011-10-30 02:00:00", datetime(2011, 10, 30, 2)),
    ],
)
def test_london_time_becomes_utc_in_every_hour_of_the_year(retail, local, in_utc):
    retail.day("x", f"1,P,x,1,{local},2.0,7.0,France")
    retail.land()
    assert retail.today("orders", "ordered_at") == [(in_utc,)]


def test_rows_that_cannot_be_read_are_handed_on_and_counted(retail):
    retail.day(
        "2010-12-01",
        FIRST[0],
        "536366,22423,x,many,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        ",22423,x,3,2010-12-01 08:26:00,2.5,17850.0,United Kingdom",
        "536366,22423",
    )
    report = retail.land()
    assert report.fates == {"order_lines": (1, Decimal("15.3")), "unreadable": (3, Decimal("7.5"))}
    assert report.tables["order_lines"].unreadable == 3
    assert retail.all_rows("order_lines", "order_id, source_row, unreadable, payload is null")[1:] == [
        (None, 2, "Quantity: 'many' is no whole number within 32 bits", False),
        (None, 3, "InvoiceNo: no value, and the row needs one", False),
        (None, 4, "row: 2 fields where the header has 8", False),
    ]


def test_a_second_landing_lands_nothing(retail):
    retail.day("2010-12-01", *FIRST)
    first = retail.land()
    before = {file: file.read_bytes() for file in retail.home.landed.rglob("*.parquet")}
    second = retail.land()
    assert (second.load_id, second.fates) == (None, first.fates)
    assert {file: file.read_bytes() for file in retail.home.landed.rglob("*.parquet")} == before


def test_a_second_night_lands_only_what_changed(retail):
    retail.day("2010-12-01", *FIRST)
    retail.land()
    retail.day("2010-12-02", "536371,71053,NEW LANTERN,1,2010-12-02 08:00:00,3.39,17850.0,Norway")
    report = retail.land()
    assert {name: table.rows for name, table in report.tables.items()} == {
        "online_retail": 1, "orders": 1, "order_lines": 1, "customers": 1, "products": 1, "refunds": 0,
    }  # fmt: skip
    assert retail.today("customers", "customer_id, country")[-1] == ("17850", "Norway")
    assert retail.today("products", "product_id, product_name")[1] == ("71053", "NEW LANTERN")


def test_nights_one_by_one_end_where_all_at_once_does(tmp_path):
    days = {
        "2010-12-01": FIRST,
        "2010-12-03": ["C536380,85123A,HEART HOLDER,-2,2010-12-03 08:26:00,2.55,17850.0,United Kingdom", FIRST[0]],
        "2010-12-02": ["536372,85123A,HEART HOLDER,6,2010-12-02 08:26:00,2.55,17850.0,United Kingdom"],
    }
    nightly, at_once = Shop(tmp_path / "nightly", "online_retail"), Shop(tmp_path / "at once", "online_retail")
    for day, lines in days.items():
        nightly.day(day, *lines)
        last = nightly.land()
        at_once.day(day, *lines)
    assert at_once.land().fates == last.fates
    assert nightly.content() == at_once.content()
    # the file that came late, of the day between, took the refund over
    assert nightly.today("refunds", "refund_id, order_id") == [("C536370|1", None), ("C536380|1", "536372")]


def test_a_file_that_comes_again_with_other_rows_replaces_its_earlier_version(retail):
    retail.day("2010-12-01", *FIRST)
    retail.land()
    retail.day("2010-12-01", FIRST[0].replace(",6,", ",7,"), *FIRST[1:2])
    report = retail.land()
    assert report.fates == {"order_lines": (2, Decimal("38.19")), "superseded": (8, Decimal("-11020.62"))}
    assert retail.today("order_lines", "order_id, line_number, quantity") == [("536365", 1, 7), ("536365", 2, 6)]
    assert ("536366", True) in retail.all_rows("orders", "order_id, is_deleted")
    assert retail.today("refunds", "refund_id") == []


def test_a_file_that_goes_back_to_what_it_held_earlier_counts_as_it_is_now(retail):
    for lines in (FIRST[:1], [FIRST[0].replace(",6,", ",7,")], FIRST[:1]):
        retail.day("2010-12-01", *lines)
        fates = retail.land().fates
    assert retail.today("order_lines", "order_id, line_number, quantity") == [("536365", 1, 6)]
    assert fates == {"order_lines": (1, Decimal("15.3")), "superseded": (2, Decimal("33.15"))}
    assert retail.land().load_id is None


def test_a_file_that_comes_again_with_no_row_replaces_its_earlier_version(retail):
    retail.day("2010-12-01", *FIRST[:2])
    retail.day("2010-12-02", FIRST[2])
    retail.land()
    retail.day("2010-12-02")
    fates = retail.land().fates
    assert fates["order_lines"] == (2, Decimal("35.64"))
    assert fates["superseded"][0] == 1
    assert len(retail.today("order_lines", "order_id")) == 2
    assert retail.land().load_id is None


def test_what_could_not_be_read_is_handed_on_again_once_all_was_forgotten(retail):
    """As after an erasure, which forgets what the connector made: the row would be in no quarantine."""
    retail.day("2010-12-01", *FIRST[:2], FIRST[2].replace(",6,", ",six,"))
    retail.land()
    retail.day("2010-12-02", FIRST[3])
    retail.land()
    unreadable = "select source_file, source_row from read_parquet('{}/load*.parquet') where unreadable is not null"
    table = retail.home.landed / "order_lines"
    before = duckdb.sql(unreadable.format(table)).fetchall()
    assert len(before) == 1
    store.forget_handed_on(retail.home.landed, list(contract.tables()), "online_retail")
    land(None, retail.home, "online_retail", progress=lambda line: None)
    assert duckdb.sql(unreadable.format(table)).fetchall() == before


def test_a_file_that_is_renamed_each_night_still_counts(retail):
    """As of logs: under its first name lies another day's, so that its rows are nobody's unless it lands again."""
    retail.day("latest", FIRST[0])
    retail.land()
    (retail.inbox / "latest.csv").rename(retail.inbox / "2010-12-01.csv")
    assert retail.land().load_id is None, "its rows are those of the name before"
    retail.day("latest", FIRST[1])
    fates = retail.land().fates
    assert retail.today("order_lines", "order_id, line_number") == [("536365", 1), ("536365", 2)]
    assert fates == {"order_lines": (2, Decimal("35.64")), "superseded": (1, Decimal("15.3"))}
    assert retail.land().load_id is None


def test_a_row_that_comes_back_after_it_was_deleted_counts_again(retail):
    retail.day("2010-12-01", *FIRST[:2])
    retail.land()
    retail.day("2010-12-01", FIRST[0])
    retail.land()
    retail.day("2010-12-01", *FIRST[:2], FIRST[6])
    retail.land()
    assert retail.today("order_lines", "order_id, line_number") == [("536365", 1), ("536365", 2), ("536369", 1)]


def test_a_landing_that_died_before_the_fates_were_written_is_made_good(retail):
    retail.day("2010-12-01", *FIRST)
    fates = retail.land().fates
    current = retail.home.landed / "source_rows" / "current.parquet"
    current.unlink()
    report = retail.land()
    assert (report.load_id, report.fates) == (None, fates)


def test_settings_come_from_the_connector_and_a_shop_keeps_its_connector(retail):
    retail.day("2010-12-01", *FIRST)
    retail.land()
    assert json.loads((retail.home.landed / "shop.json").read_text()) == {
        "shop": "online_retail",
        "connector": "online_retail",
        "reporting_currency": "GBP",
        "reporting_time_zone": "Europe/London",
        "shop_opened_on": "2009-12-01",
        "prices_include_tax": False,
        "customer_ids": "own",
    }
    with pytest.raises(LandingError, match="was landed with the connector online_retail, and not with contract-shaped"):
        land(retail.inbox, retail.home, progress=lambda line: None)


def test_a_missing_source_column_stops(retail):
    (retail.inbox / "a.csv").write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(LandingError, match=r"a\.csv: required column Description .* is missing"):
        retail.land()


def test_a_folder_without_source_files_stops(retail):
    with pytest.raises(LandingError, match=r"reads files named \*\.csv"):
        retail.land()


# CDNOW


def test_cdnow_purchases_become_orders_to_the_cent(tmp_path):
    shop = Shop(tmp_path, "cdnow")
    (shop.inbox / "other.csv").write_text("rubbish")
    (shop.inbox / "CDNOW_master.txt").write_bytes(
        b" customer_id  date number_of_cds  dollar_value\r\n"
        b" 00001 19970101  1   11.77\r\n"
        b" 00002 19970112  3   77.00\r\n"
        b" 00002 19970112  5    0.00\r\n"
        b" 00002 19970112  3   77.00\r\n"
        b" 00003 19970231  1   10.00\r\n"
        b" 00004 19970301  1\r\n"
    )
    report = shop.land()
    assert report.fates == {
        "duplicate": (1, Decimal("77")), "order_lines": (3, Decimal("88.77")), "unreadable": (2, Decimal("10")),
    }  # fmt: skip
    assert report.ignored == ["1 file is not named CDNOW_master.txt and passed over, other.csv first"]
    assert shop.today("orders", "order_id, customer_id, ordered_at, currency") == [
        ("00001-19970101-1", "00001", datetime(1997, 1, 1, 12), "USD"),
        ("00002-19970112-1", "00002", datetime(1997, 1, 12, 12), "USD"),
        ("00002-19970112-2", "00002", datetime(1997, 1, 12, 12), "USD"),
    ]
    assert shop.today("order_lines", "line_number, product_id, quantity, unit_price") == [
        (1, "CD", 1, Decimal("11.77")), (1, "CD", 1, Decimal("77.00")), (1, "CD", 1, Decimal("0")),
    ]  # fmt: skip
    assert shop.all_rows("order_lines", "unreadable, payload")[3:] == [
        ("date: '19970231' is no date written as %Y%m%d",
         '{"customer_id": "00003", "date": "19970231", "number_of_cds": "1", "dollar_value": "10.00"}'),
        ("row: 3 fields where the header has 4", " 00004 19970301  1"),
    ]  # fmt: skip


# A connector that is not right


def broken(folder: Path, **changes: str | None) -> Path:
    """A small connector with one of its files changed, or taken away."""
    parts = {
        "connector.yml": "files: '*.csv'\nmoney: price\nunreadable_rows_go_to: order_lines\ncolumns:\n"
        "  - {name: id, type: string, required: true}\n  - {name: price, type: 'decimal(20,4)'}\n",
        "orders.sql": "select id as order_id, date '2026-01-01' as ordered_at, source_file, source_row from source",
        "order_lines.sql": "select id as order_id, 1 as line_number, 'p' as product_id, 1 as quantity, "
        "price as unit_price, source_file, source_row from source",
        "source_fates.sql": "select source_file, source_row, 'order_lines' as fate from source",
    } | {name.replace("__", "."): text for name, text in changes.items()}
    (folder / "small").mkdir(parents=True)
    for name, text in parts.items():
        if text is not None:
            (folder / "small" / name).write_text(text)
    return folder


def land_small(tmp_path, monkeypatch, **changes: str | None):
    monkeypatch.setattr(connect, "CONNECTORS", broken(tmp_path / "connectors", **changes))
    shop = Shop(tmp_path, "small")
    (shop.inbox / "a.csv").write_text("id,price\n1,2.50\n2,3.50\n")
    return shop, shop.land


def test_a_small_connector_works(tmp_path, monkeypatch):
    shop, land_it = land_small(tmp_path, monkeypatch)
    assert land_it().fates == {"order_lines": (2, Decimal("6"))}
    assert shop.today("orders", "order_id") == [("1",), ("2",)]


def test_changed_sql_lands_what_it_changes_without_new_files(tmp_path, monkeypatch):
    shop, land_it = land_small(tmp_path, monkeypatch)
    land_it()
    sql = connect.CONNECTORS / "small" / "order_lines.sql"
    before = sql.read_text()
    sql.write_text(before.replace("'p'", "case id when '1' then 'q' else 'p' end"))
    report = land_it()
    assert (report.load_id, report.tables["order_lines"].rows, report.tables["orders"].rows) == (2, 1, 0)
    assert shop.today("order_lines", "product_id") == [("q",), ("p",)]
    assert land_it().load_id is None
    sql.write_text(before)
    assert land_it().load_id == 3
    assert shop.today("order_lines", "product_id") == [("p",), ("p",)]
    assert land_it().load_id is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source_fates__sql": None}, "source_fates.sql is missing"),
        ({"orders__sql": None}, "small/orders.sql is missing: the contract requires orders"),
        ({"refund__sql": "select 1"}, "refund is no table of the contract; did you mean refunds"),
        ({"orders__sql": "select nothing"}, "Connector small, orders.sql: Binder Error"),
        ({"orders__sql": f"select id as order_id, {ROW} from source"}, "required column ordered_at is missing"),
        ({"orders__sql": f"select id as order_id, {TIME} from source"}, "the column source_file is missing"),
        (
            {"orders__sql": f"select id as order_id, {TIME}, 1 as curency, {ROW} from source"},
            "orders has no column curency; did you mean currency?",
        ),
        (
            {"orders__sql": f"select 'x' as order_id, {TIME}, {ROW} from source"},
            "the key order_id = x comes more than once",
        ),
        (
            {"orders__sql": f"select null as order_id, {TIME}, {ROW} from source limit 1"},
            "order_id is null for row",
        ),
        (
            {"source_fates__sql": "select source_file, source_row, 'order_lines' as fate from source where id = '1'"},
            "row 2 of a.csv has 0 fates; expected exactly one",
        ),
        (
            {"source_fates__sql": f"select {ROW}, unnest(['duplicate', 'left_out']) as fate from source"},
            "row 1 of a.csv has 2 fates",
        ),
        ({"source_fates__sql": "select source_file, source_row, 'lost' as fate from source"}, "'lost' is no fate"),
        (
            {"order_lines__sql": "select id as order_id, 1 as line_number, 'p' as product_id, 1 as quantity, price as "
             "unit_price, source_file, source_row from source where id = '1'"},
            "row 2 of a.csv has that fate, and the table has no row of it",
        ),
        (
            {"source_fates__sql": f"select {ROW}, if(id = '1', 'order_lines', 'duplicate') as fate from source"},
            "row 2 of a.csv has another fate, and the table has a row of it",
        ),
        ({"connector__yml": "files: '*.csv'\n"}, "the entry money is missing"),
        ({"connector__yml": "file: '*.csv'\n"}, "there is no entry file"),
    ],
)  # fmt: skip
def test_a_wrong_connector_stops_with_its_file_and_the_reason(tmp_path, monkeypatch, changes, sentence):
    _, land_it = land_small(tmp_path, monkeypatch, **changes)
    with pytest.raises(LandingError) as stopped:
        land_it()
    assert sentence in str(stopped.value)
    assert not list((tmp_path / "home" / "landed").rglob("load-*"))


def test_a_home_within_the_input_folder_stops_once_a_file_of_it_would_be_read(retail):
    retail.home = Home(retail.inbox / "warehouse")
    retail.day("a", *FIRST)
    assert retail.land().load_id == 1
    (retail.home.root / "erasure_receipts.csv").write_text("receipt,finished_at\n")
    with pytest.raises(LandingError, match="lies within its input folder"):
        retail.land()


def test_a_connector_that_is_not_there_stops(tmp_path):
    with pytest.raises(LandingError, match="There is no connector nowhere; there are cdnow, online_retail"):
        land(tmp_path, Home(tmp_path / "home"), "nowhere", progress=lambda line: None)
    assert connectors() == ["cdnow", "online_retail"]


# The real data


@pytest.fixture(scope="module")
def real_retail(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("retail"), "online_retail", shared("online_retail") / "by_day")
    return shop, shop.land()


def test_online_retail_every_line_and_every_penny_has_a_fate(real_retail):
    shop, report = real_retail
    assert report.tables["online_retail"].files == 305
    assert sum(count for count, _ in report.fates.values()) == 541_909
    assert sum(money for _, money in report.fates.values()) == Decimal("9747747.934")
    assert report.fates["duplicate"][0] == 5_268
    lines = duckdb.sql(f"select count(*), sum(quantity * unit_price) from {shop.landed('order_lines')}").fetchall()[0]
    refunds = duckdb.sql(f"select count(*), -sum(refund_amount) from {shop.landed('refunds')}").fetchall()[0]
    assert lines == report.fates["order_lines"]
    assert refunds == report.fates["refunds"]


def test_online_retail_brings_every_customer_product_and_invoice(real_retail):
    shop, report = real_retail
    assert report.tables["customers"].rows == 4_372
    assert report.tables["products"].rows == 4_070
    assert report.tables["orders"].rows == 25_900 - 3_836  # all invoices but cancellations
    only_refunded = duckdb.sql(
        f"""
        select count(*) from {shop.landed("customers")} as customers
        anti join {shop.landed("orders")} as orders using (customer_id)
        """
    ).fetchall()[0]
    assert only_refunded == (33,)


def test_online_retail_cancellations_are_matched_as_the_rule_says(real_retail):
    """The same rule once more, in plain Python, one cancellation after the other."""
    shop, _ = real_retail
    left: dict[tuple, list[list]] = defaultdict(list)
    events = duckdb.sql(
        f"""
        select 0 as kind, customer_id, product_id, unit_price, ordered_at as happened_at, lines.source_file,
            lines.source_row, quantity, order_id, line_number
        from {shop.landed("order_lines")} as lines join {shop.landed("orders")} as orders using (order_id)
        where customer_id is not null and quantity > 0
        union all
        select 1, regexp_replace(CustomerID, '\\.0$', ''), StockCode, UnitPrice, refunded_at, source_file, source_row,
            refunds.quantity, refunds.order_id, refunds.line_number
        from {shop.landed("refunds")} as refunds
        join {shop.landed("_source/online_retail")} as source using (source_file, source_row)
        where CustomerID is not null
        order by happened_at, kind, source_file, source_row
        """
    ).fetchall()
    matched = 0
    for kind, customer, product, price, _, _, _, quantity, order, line in events:
        stack = left[customer, product, price]
        if kind == 0:
            stack.append([order, line, quantity])
            continue
        found = next((bought for bought in reversed(stack) if bought[2] >= quantity), None)
        assert (order, line) == ((found[0], found[1]) if found else (None, None))
        if found:
            found[2] -= quantity
            matched += 1
    assert matched == 7_109


def test_online_retail_refunds_never_exceed_the_line_that_they_name(real_retail):
    shop, _ = real_retail
    beyond = duckdb.sql(
        f"""
        select order_id, line_number from {shop.landed("refunds")} as refunds
        join {shop.landed("order_lines")} as lines using (order_id, line_number)
        group by order_id, line_number, lines.quantity, unit_price
        having sum(refunds.quantity) > lines.quantity or sum(refund_amount) > lines.quantity * unit_price
        """
    ).fetchall()
    assert beyond == []


def test_online_retail_a_second_run_changes_nothing(real_retail):
    shop, report = real_retail
    again = shop.land()
    assert (again.load_id, again.fates) == (None, report.fates)


def test_cdnow_every_purchase_has_a_fate(tmp_path):
    shop = Shop(tmp_path, "cdnow", shared("cdnow"))
    report = shop.land()
    source = (shared("cdnow") / "CDNOW_master.txt").read_text().splitlines()[1:]
    assert sum(count for count, _ in report.fates.values()) == len(source) == 69_659
    assert sum(money for _, money in report.fates.values()) == sum(Decimal(line.split()[-1]) for line in source)
    assert report.fates["duplicate"][0] == 255
    assert report.tables["customers"].rows == 23_570
    gifts = duckdb.sql(f"select count(*) from {shop.landed('order_lines')} where unit_price = 0").fetchall()[0]
    assert gifts == (80,)
    assert pq.read_metadata(shop.home.landed / "orders" / "load-000001.parquet").num_rows == 69_404


def test_the_page_on_connectors_names_every_entry_and_fate():
    page = (PROJECT / "docs" / "add_a_connector.md").read_text(encoding="utf-8")
    assert [word for word in sorted(connect._ENTRIES | set(connect._OWN_FATES)) if f"`{word}`" not in page] == []
