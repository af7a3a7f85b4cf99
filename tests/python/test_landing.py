"""Landing contract-shaped files: what lands, what stops it, and that twice is once."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import contract
from orchestration.landing import LandingError, files, land, read, store
from orchestration.landing.settings import opened_at
from orchestration.landing.store import manifest_schema
from orchestration.landing.typed import arrow_type
from orchestration.paths import PROJECT, Home
from orchestration.refresh import lock

ORDERS = b"order_id,customer_id,ordered_at\n1,c1,2026-01-01T10:00:00Z\n2,,2026-01-02\n"
LINES = b"order_id,line_number,product_id,quantity,unit_price\n1,1,p1,2,9.99\n2,1,p2,1,5\n"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Shop:
    """An input folder and a home, with the two required tables in place."""

    def __init__(self, folder: Path):
        self.inbox = folder / "inbox"
        self.home = Home(folder / "home")
        self.said: list[str] = []
        self.put("orders.csv", ORDERS)
        self.put("order_lines.csv", LINES)

    def put(self, name: str, content: bytes | pa.Table) -> Path:
        file = self.inbox / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, file)
        else:
            file.write_bytes(content)
        return file

    def land(self):
        return land(self.inbox, self.home, progress=self.said.append, clock=lambda: NOON)

    def refuses(self) -> str:
        """The sentence with which landing stops, having landed nothing."""
        before = self.everything()
        with pytest.raises(LandingError) as stopped:
            self.land()
        assert self.everything() == before
        sentence = str(stopped.value)
        assert "\n" not in sentence
        return sentence

    def rows(self, table: str, columns: str = "*") -> list[tuple]:
        files_of_table = self.home.landed / table / "*.parquet"
        landed = f"read_parquet('{files_of_table}', union_by_name = true)"
        return duckdb.sql(f"select {columns} from {landed} order by load_id, source_file, source_row").fetchall()

    def everything(self) -> dict[str, bytes]:
        """Each load's data and manifest, by name."""
        return {file.as_posix(): file.read_bytes() for file in sorted(self.home.landed.rglob("load-*"))}


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_rows_land_typed_and_stamped(shop):
    report = shop.land()
    assert report.load_id == 1
    assert (report.tables["orders"].files, report.tables["orders"].rows, report.tables["orders"].unreadable) == (
        1,
        2,
        0,
    )
    assert shop.rows(
        "orders", "order_id, customer_id, ordered_at, load_id, source_file, source_row, unreadable, payload"
    ) == [
        ("1", "c1", datetime(2026, 1, 1, 10), 1, "orders.csv", 1, None, None),
        ("2", None, datetime(2026, 1, 2), 1, "orders.csv", 2, None, None),
    ]
    assert shop.rows("order_lines", "quantity, unit_price")[0] == (Decimal("2.000"), Decimal("9.9900"))


@pytest.mark.parametrize("table", list(contract.tables()))
def test_every_table_has_the_contract_s_types_even_when_absent(shop, table):
    shop.land()
    columns = [(column.name, arrow_type(column.data_type)) for column in contract.tables()[table].columns]
    stamps = [(name, arrow_type(data_type)) for name, data_type in contract.STAMPS]
    wanted = pa.schema(columns + stamps)
    for file in (shop.home.landed / table).glob("*.parquet"):
        assert pq.read_schema(file).equals(wanted)
    assert pq.read_table(shop.home.landed / table / "schema.parquet").num_rows == 0


def test_the_manifest_says_what_was_landed_and_when(shop):
    shop.land()
    (entry,) = [row for row in shop_manifest(shop) if row["table_name"] == "orders"]
    assert entry["loaded_at"] == NOON.replace(tzinfo=None)
    assert (entry["rows_read"], entry["rows_unreadable"], entry["outcome"]) == (2, 0, "landed")
    assert entry["file_bytes"] == len(ORDERS)
    assert pq.read_schema(shop.home.landed / "loads" / "load-000001.parquet").equals(manifest_schema())


def shop_manifest(shop: Shop) -> list[dict]:
    manifests = sorted((shop.home.landed / "loads").glob("load-*.parquet"))
    return [row for file in manifests for row in pq.read_table(file).to_pylist()]


# What is a table


@pytest.mark.parametrize("name", ["refunds.csv", "refunds-2026.CSV", "refunds/2026/01.csv", "refunds-a-b.csv"])
def test_a_table_may_be_a_file_a_prefixed_file_or_a_folder(shop, name):
    shop.put(name, b"refund_id,refunded_at,refund_amount\nr1,2026-01-05,3.50\n")
    shop.land()
    assert shop.rows("refunds", "refund_id, refund_amount, source_file") == [("r1", Decimal("3.5"), name)]


def test_hidden_folders_and_other_extensions_are_passed_over(shop):
    for name in ["_old/orders.csv", ".git/x.csv", "_truth.parquet", "readme.txt", "orders/.x.csv", "orders/_SUCCESS"]:
        shop.put(name, b"rubbish")
    assert shop.land().tables["orders"].files == 1


def test_a_file_of_no_table_stops_with_a_suggestion(shop):
    shop.put("order_line.csv", LINES)
    assert "order_line.csv belongs to no table" in shop.refuses()
    assert "did you mean order_lines?" in shop.refuses()


def test_a_folder_that_may_not_be_read_stops_and_is_named(shop, monkeypatch):
    """As it is for whom the rights of folders count: tests may run as root."""
    shop.put("refunds/2026/01.csv", b"refund_id,refunded_at,refund_amount\nr1,2026-01-05,3.50\n")
    closed, scandir = str(shop.inbox / "refunds" / "2026"), os.scandir

    def refusing(folder):
        if os.fspath(folder) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", closed)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    sentence = shop.refuses()
    assert sentence.startswith(f"The folder {closed} cannot be read: Permission denied.")
    assert "begin its name with _" in sentence
    (shop.inbox / "refunds").rename(shop.inbox / "_refunds")
    assert shop.land().load_id == 1


def test_a_missing_required_table_stops_even_when_it_was_landed_before(shop):
    shop.land()
    (shop.inbox / "order_lines.csv").unlink()
    assert "required table order_lines is missing" in shop.refuses()


@pytest.mark.parametrize("home", ["inbox", "inbox/warehouse"])
def test_a_home_within_the_input_folder_stops(shop, home):
    """Its own files would be taken for the shop's, at the latest once there are some."""
    shop.home = Home(shop.inbox.parent / home)
    assert "lies within its input folder" in shop.refuses()


def test_a_home_that_is_passed_over_may_lie_in_the_input_folder(shop):
    shop.home = Home(shop.inbox / "_warehouse")
    assert shop.land().load_id == 1
    assert shop.land().load_id is None


def test_an_input_folder_that_is_not_there_stops(tmp_path):
    with pytest.raises(LandingError, match="does not exist"):
        land(tmp_path / "nowhere", Home(tmp_path / "home"), progress=lambda line: None)


# Columns


def test_a_missing_required_column_stops_with_file_column_and_expectation(shop):
    shop.put("orders/january.csv", b"order_id,order_at,status\n1,2026-01-01,paid\n")
    sentence = shop.refuses()
    assert "orders/january.csv: required column ordered_at (ISO 8601 time" in sentence
    assert "did you mean order_at?" in sentence


PEOPLE = "c7,Ada Lovelace,ada@example.com,London,Ada Lovelace\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("customers.csv", PEOPLE),
        ("customers.csv", PEOPLE.replace(",Ada Lovelace\n", "\n")),
        ("customers.csv", PEOPLE.replace(",", ";")),
        ("customers.csv", "Ada Lovelace\n"),
        ("customers.csv", "customer-ada,Ada Lovelace\n"),
        ("orders.csv", "1,ada@example.com,2026-01-01\n"),
        ("customers.parquet", pa.table({"Ada Lovelace": ["Bea"], "ada@example.com": ["bea@example.com"]})),
    ],
)
def test_a_row_in_the_place_of_the_header_is_never_quoted(shop, name, content):
    shop.put(name, content.encode() if isinstance(content, str) else content)
    sentence = shop.refuses()
    assert name in sentence
    assert not [word for word in ("Ada", "Lovelace", "ada", "example", "London") if word in sentence]
    assert not [word for line in shop.said for word in ("Ada", "ada@") if word in line]


def test_of_a_file_about_people_names_of_the_contract_are_told_and_others_counted(shop):
    shop.put("customers.csv", b"customerid,Email,full_name,Ada Lovelace\n1,a@example.com,Ada,x\n")
    assert shop.refuses() == (
        "customers.csv: required column customer_id (valid UTF-8 text) is missing from the header, which has Email, "
        "full_name and 2 more; did you mean customerid?"
    )
    shop.put("customers.csv", b"city,city\na,b\n")
    assert "customers.csv: column city comes twice" in shop.refuses()


def test_of_other_files_the_header_is_told_as_it_is(shop):
    shop.put("fx_rates.csv", b"Datum,Kurs\n2026-01-01,1.1\n")
    assert "missing from the header, which has Datum, Kurs" in shop.refuses()


def test_another_separator_is_guessed_at(shop):
    shop.put("orders.csv", ORDERS.replace(b",", b";"))
    assert "is the file separated by another character?" in shop.refuses()


def test_an_unknown_column_is_ignored_and_reported(shop):
    shop.put("orders.csv", b"order_id,ordered_at,note,delivery_contry\n1,2026-01-01,hello,DE\n")
    report = shop.land()
    assert "orders: column note is ignored: it is not in the contract" in report.ignored
    assert "orders: column delivery_contry is ignored: did you mean delivery_country?" in report.ignored
    assert set(report.ignored) <= set(shop.said)
    assert shop.rows("orders", "delivery_country") == [(None,)]


@pytest.mark.parametrize("name", ["CURRENCY", "Currency", "currencY"])
def test_a_column_in_capitals_is_nearest_to_the_one_that_it_is(shop, name):
    shop.put("orders.csv", f"order_id,ordered_at,{name}\n1,2026-01-01,EUR\n".encode())
    assert shop.land().ignored == [f"orders: column {name} is ignored: did you mean currency?"]
    shop.put("orders.csv", b"ORDER_ID,ordered_at\n1,2026-01-01\n")
    assert shop.refuses().endswith("which has ORDER_ID, ordered_at; did you mean ORDER_ID?")


def test_a_column_that_comes_twice_stops(shop):
    shop.put("orders.csv", b"order_id,ordered_at,order_id\n1,2026-01-01,2\n")
    assert "orders.csv: column order_id comes twice" in shop.refuses()


# Rows that cannot be read


def test_an_unreadable_value_lands_with_its_reason_and_the_row_as_it_came(shop):
    shop.put("order_lines.csv", LINES + b'2,two,p3,1,"1,50"\n')
    assert shop.land().tables["order_lines"].unreadable == 1
    row = shop.rows("order_lines", "order_id, line_number, product_id, unit_price, source_row, unreadable, payload")[-1]
    assert row[:5] == ("2", None, "p3", None, 3)
    assert row[5] == (
        "line_number: 'two' is no whole number within 32 bits; "
        "unit_price: '1,50' is no decimal with at most 4 places and 16 digits before the point"
    )
    assert json.loads(row[6]) == {
        "order_id": "2", "line_number": "two", "product_id": "p3", "quantity": "1", "unit_price": "1,50"
    }  # fmt: skip


def test_a_personal_value_is_never_quoted_in_a_reason(shop):
    shop.put("customers.csv", b"customer_id,birth_date\nc1,31.12.1980\n")
    shop.land()
    ((why, payload),) = shop.rows("customers", "unreadable, payload")
    assert why == "birth_date: the value is no date like 2026-11-30"
    assert "31.12.1980" in payload


@pytest.mark.parametrize("block", [64, 100, 4096])
def test_rows_keep_their_numbers_after_rows_with_too_few_or_too_many_fields(shop, monkeypatch, block):
    monkeypatch.setattr(read, "_BLOCK", block)
    lines, wanted, number = [b"order_id,ordered_at,status\n"], [], 0
    for place in range(1, 60):
        if place % 11 == 0:
            lines.append(b"\n")
            continue
        number += 1
        if place % 7 == 0:
            lines.append(b"%d\n" % place)
            wanted.append((number, None, "row: 1 field where the header has 3", str(place)))
        elif place % 13 == 0:
            lines.append(b'%d,2026-01-01,"a\nb",x\n' % place)
            wanted.append((number, None, "row: 4 fields where the header has 3", f'{place},2026-01-01,"a\nb",x'))
        else:
            lines.append(b'%d,2026-01-01,"a\nb"\n' % place)
            wanted.append((number, str(place), None, None))
    shop.put("orders.csv", b"".join(lines))
    shop.land()
    assert shop.rows("orders", "source_row, order_id, unreadable, payload") == wanted


def test_latin_1_is_unreadable_row_by_row_and_never_guessed(shop):
    shop.put(
        "customers.csv",
        "customer_id,full_name,city\n1,Zoë,Köln\n".encode()
        + "2,Zoë,Köln\n3,Müller\n".encode("latin-1")
        + "4,Ann,Köln\n".encode(),
    )  # fmt: skip
    shop.land()
    assert shop.rows("customers", "source_row, customer_id, full_name, unreadable, payload") == [
        (1, "1", "Zoë", None, None),
        (2, "2", None, "full_name: no valid UTF-8 text; city: no valid UTF-8 text",
         '{"customer_id": "2", "full_name": "Zo\\\\xeb", "city": "K\\\\xf6ln"}'),
        (3, None, None, "row: 2 fields where the header has 3", "3,M\\xfcller"),
        (4, "4", "Ann", None, None),
    ]  # fmt: skip


def test_invalid_bytes_in_a_number_are_called_by_their_name(shop):
    shop.put("order_lines.csv", LINES + b"2,2,p3,1,\xa35\n")
    shop.land()
    assert shop.rows("order_lines", "unreadable")[-1] == ("unit_price: no valid UTF-8 text",)


# Files as they come


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ORDERS,
        ORDERS.replace(b"\n", b"\r\n"),
        ORDERS.rstrip(b"\n"),
        ORDERS.replace(b"\n", b"\n\n"),
        b"\xef\xbb\xbf" + b'"order_id" , "customer_id","ordered_at"\n' + ORDERS.split(b"\n", 1)[1],
        b'order_id,customer_id,ordered_at\n"1","c1","2026-01-01T10:00:00Z"\n"2","","2026-01-02"\n',
    ],
    ids=["BOM", "CRLF", "no last line break", "blank lines", "quoted header", "quoted values"],
)
def test_the_same_rows_come_of_every_way_to_write_csv(shop, content):
    shop.put("orders.csv", content)
    shop.land()
    assert shop.rows("orders", "order_id, customer_id, ordered_at, source_row, unreadable") == [
        ("1", "c1", datetime(2026, 1, 1, 10), 1, None),
        ("2", None, datetime(2026, 1, 2), 2, None),
    ]


def test_quotes_commas_and_line_breaks_in_values_are_kept(shop):
    shop.put("products.csv", b'product_id,product_name\n007,"A ""fine"", big\nthing"\n08,"x"\n')
    shop.land()
    assert shop.rows("products", "product_id, product_name, source_row") == [
        ("007", 'A "fine", big\nthing', 1),
        ("08", "x", 2),
    ]


@pytest.mark.parametrize("content", [b"refund_id,refunded_at,refund_amount\n", b"refund_id,refunded_at,refund_amount"])
def test_a_file_with_nothing_but_a_header_is_fine(shop, content):
    shop.put("refunds.csv", content)
    assert shop.land().load_id == 1
    assert shop.rows("refunds") == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "orders.csv is empty (0 bytes)"),
        (b"\n\n", "orders.csv: there is no header"),
        (ORDERS.decode().encode("utf-16"), "orders.csv is UTF-16"),
        (b"order_id,gr\xf6\xdfe\n1,2\n", "orders.csv: the header is no valid UTF-8"),
        (ORDERS + b'3,"c3,2026-01-01\n4,c4,2026-01-01\n', "opens a quoted value and never closes it"),
        (ORDERS + b'3,c3,"2026-01-01\n4,c4,2026-01-01\n', "opens a quoted value and never closes it"),
    ],
)
def test_a_file_that_cannot_be_meant_stops_with_a_sentence(shop, content, sentence):
    shop.put("orders.csv", content)
    assert sentence in shop.refuses()


def test_a_row_longer_than_a_block_stops_with_a_sentence(shop, monkeypatch):
    monkeypatch.setattr(read, "_BLOCK", 256)
    shop.put("orders.csv", ORDERS * 20 + b'3,"' + b"x" * 2000)
    assert "is a quoted value opened and never closed?" in shop.refuses()


# Parquet


def test_parquet_lands_like_csv(shop):
    (shop.inbox / "order_lines.csv").unlink()
    shop.put(
        "order_lines.parquet",
        pa.table(
            {
                "order_id": pa.array([1, 2]),
                "line_number": pa.array([1.0, 1.5]),
                "product_id": pa.array(["p1", ""]).dictionary_encode(),
                "quantity": pa.array([Decimal("2"), Decimal("1")], pa.decimal128(38, 9)),
                "unit_price": pa.array([19.99, 0.1 + 0.2]),
                "updated_at": pa.array([NOON, None], pa.timestamp("ns", "America/New_York")),
            }
        ),
    )
    shop.land()
    good, bad = shop.rows("order_lines")
    assert good[:5] == ("1", 1, "p1", Decimal("2.000"), Decimal("19.9900"))
    assert good[7] == NOON.replace(tzinfo=None)
    assert bad[:5] == ("2", None, None, Decimal("1.000"), None)
    assert shop.rows("order_lines", "source_row, unreadable")[1] == (
        2,
        "line_number: '1.5' is no whole number within 32 bits; unit_price: '0.30000000000000004' is no decimal with at "
        "most 4 places and 16 digits before the point",
    )


def test_a_parquet_id_that_went_through_a_float_stops(shop):
    shop.put("orders-2.parquet", pa.table({"order_id": [17850.0], "ordered_at": pa.array([NOON])}))
    assert "orders-2.parquet: column order_id is double; expected valid UTF-8 text" in shop.refuses()


def test_parquet_text_that_is_no_utf8_is_unreadable(shop):
    names = pa.array([b"Caf\xe9", "Café".encode()], pa.binary()).view(pa.string())
    shop.put("products.parquet", pa.table({"product_id": ["1", "2"], "product_name": names}))
    shop.land()
    assert shop.rows("products", "product_name, unreadable") == [
        (None, "product_name: no valid UTF-8 text"),
        ("Café", None),
    ]


def test_a_truncated_parquet_file_stops_with_its_name(shop):
    file = shop.put("orders-2.parquet", pa.table({"order_id": ["1"], "ordered_at": pa.array([NOON])}))
    file.write_bytes(file.read_bytes()[:-20])
    assert "orders-2.parquet cannot be read, it is damaged or cut off" in shop.refuses()


def test_many_rows_land_in_whole_row_groups(shop):
    count = 300_000
    shop.put(
        "web_events.csv",
        b"event_id,occurred_at,event_type\n" + b"".join(b"%d,2026-01-01,view\n" % i for i in range(count)),
    )
    shop.land()
    file = pq.ParquetFile(shop.home.landed / "web_events" / "load-000001.parquet")
    groups = [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]
    assert sum(groups) == count
    assert min(groups[:-1]) >= read.PIECE_ROWS
    assert {file.metadata.row_group(0).column(0).compression} == {"ZSTD"}
    numbers = file.read(["event_id", "source_row"]).to_pandas()
    assert (numbers["event_id"].astype(int) + 1 == numbers["source_row"]).all()


# Twice is once


def test_a_second_landing_lands_nothing(shop):
    shop.land()
    before = shop.everything()
    report = shop.land()
    assert report.load_id is None
    assert report.tables["orders"].files_seen_before == 1
    assert shop.everything() == before


def test_only_the_new_file_lands_and_a_known_content_under_a_new_name_is_noted(shop):
    shop.land()
    shop.put("orders-2.csv", ORDERS.replace(b"\n1,", b"\n3,").replace(b"\n2,", b"\n4,"))
    shop.put("orders-copy.csv", ORDERS)
    report = shop.land()
    assert report.load_id == 2
    assert [row[0] for row in shop.rows("orders", "order_id")] == ["1", "2", "3", "4"]
    outcomes = {row["source_file"]: row["outcome"] for row in shop_manifest(shop) if row["load_id"] == 2}
    assert outcomes == {"orders-2.csv": "landed", "orders-copy.csv": "seen_before"}
    assert shop.land().load_id is None


def test_a_file_that_goes_back_to_what_it_held_earlier_lands_again(shop):
    for cost in (b"10", b"12", b"10"):
        shop.put("products.csv", b"product_id,unit_cost\np1," + cost + b"\n")
        shop.land()
    assert shop.rows("products", "unit_cost, load_id") == [(Decimal("10"), 1), (Decimal("12"), 2), (Decimal("10"), 3)]
    assert shop.land().load_id is None


def test_what_landed_long_ago_and_lies_in_a_file_with_others_is_earlier_too(shop, monkeypatch):
    monkeypatch.setattr(store, "COMPACTED_AT_ONCE", 2)
    for night, cost in enumerate((b"10", b"12", b"13", b"10", b"10"), start=1):
        shop.put("products.csv", b"product_id,unit_cost\np1," + cost + b"\n")
        assert shop.land().load_id == (night if night < 5 else None)
    assert [row[0] for row in shop.rows("products", "unit_cost")] == [10, 12, 13, 10]


def test_a_file_that_comes_to_hold_what_another_holds_is_a_later_version_of_itself(shop):
    """Both named the product; whoever copies the right one over the wrong one means it to count."""
    shop.put("products-a.csv", b"product_id,unit_cost\np1,10\n")
    shop.put("products-b.csv", b"product_id,unit_cost\np1,12\n")
    shop.land()
    shop.put("products-a.csv", b"product_id,unit_cost\np1,12\n")
    assert shop.land().load_id == 2
    assert shop.rows("products", "unit_cost, source_file")[-1] == (Decimal("12"), "products-a.csv")
    assert shop.land().load_id is None


def test_files_whose_names_are_handed_on_each_night_land_once(shop):
    """Today's file of last night is yesterday's tonight: landed again, it would count for as late as its correction."""
    head, first = b"order_id,customer_id,ordered_at,status\n", b"1,A1,2025-01-02,placed\n"
    shop.put("orders.csv", head + b"9,A1,2024-12-31,placed\n")
    shop.put("orders-today.csv", head + first)
    shop.put("orders-yesterday.csv", head + b"0,A1,2025-01-01,placed\n")
    shop.land()
    shop.put("orders-yesterday.csv", head + first)
    shop.put("orders-today.csv", head + b"1,A1,2025-01-02,cancelled\n")
    assert shop.land().tables["orders"].files_seen_before == 2
    shop.put("orders-yesterday.csv", head + b"1,A1,2025-01-02,cancelled\n")
    (shop.inbox / "orders-today.csv").unlink()
    assert shop.land().load_id is None
    assert shop.rows("orders", "status, load_id") == [("placed", 1)] * 3 + [("cancelled", 2)]


def test_the_same_content_under_two_new_names_lands_once(shop):
    for name in ("products-a.csv", "products-b.csv"):
        shop.put(name, b"product_id,unit_cost\np1,10\n")
    report = shop.land().tables["products"]
    assert (report.files, report.files_seen_before) == (1, 1)
    assert shop.land().load_id is None


def test_the_same_content_counts_once_for_each_table(shop):
    shop.put("loyalty_events.csv", b"event_id,customer_id,occurred_at,event_type\n1,c,2026-01-01,view\n")
    shop.put("web_events.csv", b"event_id,customer_id,occurred_at,event_type\n1,c,2026-01-01,view\n")
    shop.land()
    assert len(shop.rows("loyalty_events")) == len(shop.rows("web_events")) == 1


def test_a_changed_file_of_the_same_size_and_time_is_not_taken_for_the_old_one(shop):
    shop.land()
    file = shop.inbox / "orders.csv"
    before = file.stat()
    file.write_bytes(ORDERS.replace(b"c1", b"c9"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shop.land().load_id == 2


def test_a_file_left_alone_is_not_read_again(shop, monkeypatch):
    shop.land()
    cache = shop.home.landed / "fingerprints.json"
    later = max(file.stat().st_ctime_ns for file in shop.inbox.iterdir()) + 10 * files._SETTLED
    os.utime(cache, ns=(later, later))
    monkeypatch.setattr(files.hashlib, "file_digest", lambda *_: pytest.fail("a file was read again"))
    assert shop.land().load_id is None


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "5", '{"PLACE": 5}', '{"PLACE": []}', '{"PLACE": [5, 1]}', "\udcff"]
)
def test_a_damaged_cache_is_no_cache(shop, content):
    shop.land()
    cache = shop.home.landed / "fingerprints.json"
    good = cache.read_bytes()
    place = os.path.realpath(shop.inbox / "orders.csv")
    cache.write_bytes(content.replace("PLACE", place).encode(errors="surrogateescape"))
    assert shop.land().load_id is None
    assert cache.read_bytes() == good


def test_ten_years_of_daily_files_are_not_compared_with_each_other(shop, monkeypatch):
    shop.put("note.txt", b"")

    def compared(file, other):
        raise AssertionError(f"{file} is compared with {other}")

    monkeypatch.setattr(files.InputFile, "__eq__", compared)
    chosen, others = files.matching(shop.inbox, "*.csv")
    assert ([file.source_file for file in chosen], others) == (["order_lines.csv", "orders.csv"], ["note.txt"])


def test_a_file_that_changes_while_it_is_read_stops(shop, monkeypatch):
    pieces = read._csv_pieces

    def growing(path, *rest):
        yield from pieces(path, *rest)
        with path.open("ab") as file:
            file.write(b"9,c9,2026-01-01\n")

    monkeypatch.setattr(read, "_csv_pieces", growing)
    assert "changed while it was read" in shop.refuses()


@pytest.mark.parametrize("is_moved", [False, True], ids=["in its place", "on another disk"])
def test_what_an_unfinished_landing_left_behind_is_removed(shop, is_moved):
    shop.land()
    good = shop.everything()
    landed = shop.home.landed
    if is_moved:
        (landed / "orders").rename(landed.parent / "orders elsewhere")
        (landed / "orders").symlink_to(landed.parent / "orders elsewhere", target_is_directory=True)
    (landed / "orders" / "load-000002.parquet").write_bytes((landed / "orders" / "load-000001.parquet").read_bytes())
    (landed / "orders" / "load-000003.parquet.partial").write_bytes(b"half a file")
    (landed / "loads" / "load-000002.parquet.partial").write_bytes(b"half a manifest")
    assert shop.land().load_id is None
    assert [file.name for file in sorted((landed / "orders").iterdir())] == ["load-000001.parquet", "schema.parquet"]
    assert is_moved or shop.everything() == good
    assert not list(landed.rglob("*.partial"))


@pytest.mark.parametrize("moment", ["data file", "manifest"])
def test_a_landing_killed_half_way_is_as_if_it_had_never_been(shop, moment):
    """Killed for real, by a signal, at the first rename of its kind in a process of its own."""
    kind = "orders" if moment == "data file" else "loads"
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom orchestration.landing import land, store\n"
        "from orchestration.paths import Home\nreplace = os.replace\n"
        "def kill(old, new):\n"
        f"    if Path(new).parent.name == {kind!r} and Path(new).name.startswith('load-'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    replace(old, new)\n"
        "store.os.replace = kill\nland(Path(sys.argv[1]), Home(Path(sys.argv[2])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(shop.inbox), str(shop.home.root)],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert list(shop.home.landed.rglob("load-*")) != []
    assert shop.land().load_id == 1
    assert len(shop.rows("orders")) == len(shop.rows("order_lines")) == 2
    assert not list(shop.home.landed.rglob("*.partial"))


def test_a_refused_landing_leaves_the_earlier_one_as_it_was(shop):
    shop.land()
    shop.put("orders-2.csv", ORDERS + b"5,c5,2026-01-05\n")
    shop.put("refunds.csv", b"")
    assert "refunds.csv is empty" in shop.refuses()
    shop.put("refunds.csv", b"refund_id,refunded_at,refund_amount\n")
    assert shop.land().load_id == 2


def test_the_landed_bytes_depend_on_the_input_alone(tmp_path):
    landed = []
    for name in ("first", "second"):
        shop = Shop(tmp_path / name)
        shop.put("orders/b.csv", ORDERS + b"9,c,bad\n")
        shop.put("orders/a.csv", ORDERS + b"8,c\n")
        shop.land()
        landed.append({Path(name).relative_to(shop.home.root): content for name, content in shop.everything().items()})
    assert landed[0] == landed[1]


# Settings


def test_the_shop_s_settings_land_with_defaults(shop):
    shop.put("shop.yml", b"shop: corner\nreporting_currency: CHF\nshop_opened_on: 2020-05-01\n")
    shop.land()
    assert json.loads((shop.home.landed / "shop.json").read_text()) == {
        "shop": "corner",
        "connector": None,
        "reporting_currency": "CHF",
        "reporting_time_zone": "Europe/Berlin",
        "shop_opened_on": "2020-05-01",
        "prices_include_tax": False,
        "customer_ids": "own",
    }
    assert list(json.loads((shop.home.landed / "shop.json").read_text()))[:2] == ["shop", "connector"]


@pytest.mark.parametrize(
    ("zone", "opened"),
    [
        ("Asia/Tokyo", datetime(2020, 4, 30, 15)),
        ("America/New_York", datetime(2020, 5, 1)),
        ("UTC", datetime(2020, 5, 1)),
    ],
)
def test_the_shop_opens_when_its_day_begins_there_or_in_utc(shop, zone, opened):
    """As staging has it: unit tests of judged_orders."""
    shop.put("shop.yml", f"shop_opened_on: 2020-05-01\nreporting_time_zone: {zone}\n".encode())
    shop.land()
    assert opened_at(shop.home.landed) == opened


def test_a_night_without_settings_keeps_those_of_before(shop):
    settings = shop.put("shop.yml", b"reporting_currency: CHF\nlocale: de_CH\n")
    shop.land()
    settings.unlink()
    shop.land()
    landed = json.loads((shop.home.landed / "shop.json").read_text())
    assert (landed["reporting_currency"], landed["locale"]) == ("CHF", "de_CH")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"reporting_curency: CHF\n", "there is no setting reporting_curency; did you mean reporting_currency?"),
        (b"reporting_currency: francs\n", "reporting_currency is 'francs'; expected an ISO code like EUR"),
        (b"reporting_time_zone: Mars/Base\n", "expected the name of a time zone"),
        (b"shop_opened_on: yesterday\n", "expected a date like 2000-01-01"),
        (b"shop_opened_on: 2024-02-30\n", "shop.yml is no valid YAML: day is out of range for month"),
        (b"[" * 2_000, "shop.yml is no valid YAML"),
        (b"prices_include_tax: perhaps\n", "expected true or false"),
        (b"locale: klingon\n", "expected a language and a country like en_GB or de_DE"),
        (b"- a\n- b\n", "shop.yml must hold lines like"),
        (b"a: [\n", "shop.yml is no valid YAML"),
    ],
)
def test_a_wrong_setting_stops_with_what_was_expected(shop, content, sentence):
    shop.put("shop.yml", content)
    assert sentence in shop.refuses()


def test_a_contract_shop_has_no_source_rows(shop):
    shop.land()
    table = pq.read_table(shop.home.landed / "source_rows" / "current.parquet")
    assert (table.num_rows, table.column_names) == (0, ["fate", "row_count", "money"])


@pytest.mark.parametrize(("spoil", "code"), [(False, 0), (True, 1)])
def test_the_command_line_says_what_went_wrong_and_fails(shop, spoil, code):
    if spoil:
        shop.put("orders.csv", b"")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.landing", str(shop.inbox), "--shop", "corner"],
        cwd=PROJECT, env={**os.environ, "WAREHOUSE_HOME": str(shop.home.root)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code
    if spoil:
        assert done.stderr.strip().startswith("orders.csv is empty")
    else:
        assert "load 1 is landed" in done.stdout


def test_the_command_line_leaves_a_night_alone_that_is_at_work(shop):
    """What another process is about to land is what an unfinished landing looks like."""
    unfinished = shop.home.landed / "orders" / "load-000001.parquet"
    unfinished.parent.mkdir(parents=True)
    unfinished.write_bytes(b"a night is writing this")
    with lock.hold(shop.home):
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.landing", str(shop.inbox)],
            cwd=PROJECT, env={**os.environ, "WAREHOUSE_HOME": str(shop.home.root)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "A refresh of this warehouse is under way" in done.stderr and "Traceback" not in done.stderr
    assert unfinished.exists()


def test_the_command_line_says_in_a_line_what_the_machine_refuses(shop, tmp_path):
    (tmp_path / "file").write_text("no folder")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.landing", str(shop.inbox)],
        cwd=PROJECT, env={**os.environ, "WAREHOUSE_HOME": str(tmp_path / "file" / "home")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "Not a directory" in done.stderr and "Traceback" not in done.stderr
