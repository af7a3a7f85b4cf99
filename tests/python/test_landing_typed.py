"""Strict typing: what is read is read exactly, what cannot be is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing.typed import WrongType, arrow_type, decoded, expected, from_arrow, from_text

MONEY = "decimal(20,4)"
MOMENT = datetime(2026, 11, 30, 18, 5)


def read(text: str, data_type: str, pattern: str | None = None):
    """One text the way of a CSV value; a good neighbour stands beside it, as it must not be spoilt."""
    good = {"int": "7", "bigint": "7", MONEY: "7.5", "date": "2020-02-29", "timestamp": "2020-02-29", "boolean": "no"}
    neighbour = good.get(data_type, "x") if pattern is None else date(2020, 2, 29).strftime(pattern)
    values = from_text(decoded(pa.array([neighbour.encode(), text.encode()], pa.binary())), data_type, pattern)
    assert values.type == arrow_type(data_type)
    assert values[0].is_valid
    return values[1].as_py()


@pytest.mark.parametrize(
    ("text", "data_type", "value"),
    [
        ("0", "int", 0),
        ("-0", "int", 0),
        ("+5", "int", 5),
        ("007", "int", 7),
        ("0" * 60 + "1", "int", 1),
        ("2147483647", "int", 2147483647),
        ("-2147483648", "int", -2147483648),
        ("9223372036854775807", "bigint", 9223372036854775807),
        ("-9223372036854775808", "bigint", -9223372036854775808),
        ("1.5", MONEY, Decimal("1.5000")),
        ("-1.5", MONEY, Decimal("-1.5000")),
        ("+.5", MONEY, Decimal("0.5000")),
        ("12", MONEY, Decimal("12.0000")),
        ("0.0001", MONEY, Decimal("0.0001")),
        ("1.23450000", MONEY, Decimal("1.2345")),
        ("1.5" + "0" * 60, MONEY, Decimal("1.5000")),
        ("0.0" + "0" * 60, MONEY, Decimal("0.0000")),
        ("0" * 60 + "1.5", MONEY, Decimal("1.5000")),
        ("9999999999999999.9999", MONEY, Decimal("9999999999999999.9999")),
        ("2026-11-30", "date", date(2026, 11, 30)),
        ("0001-01-01", "date", date(1, 1, 1)),
        ("2026-11-30", "timestamp", datetime(2026, 11, 30)),
        ("2026-11-30T18:05", "timestamp", MOMENT),
        ("2026-11-30 18:05:00", "timestamp", MOMENT),
        ("2026-11-30T18:05:00Z", "timestamp", MOMENT),
        ("2026-11-30T20:05:00+02:00", "timestamp", MOMENT),
        ("2026-11-30 20:05+0200", "timestamp", MOMENT),
        ("2026-11-30 20:05:00+02", "timestamp", MOMENT),
        ("2026-11-30T12:35:00-05:30", "timestamp", MOMENT),
        ("2026-11-30T18:05:00.5", "timestamp", MOMENT + timedelta(milliseconds=500)),
        ("2026-11-30T18:05:00.123456789", "timestamp", MOMENT + timedelta(microseconds=123456)),
        ("2026-11-30T18:05:00.123456789Z", "timestamp", MOMENT + timedelta(microseconds=123456)),
        ("9999-12-31T23:59:59.999999", "timestamp", datetime(9999, 12, 31, 23, 59, 59, 999999)),
        ("true", "boolean", True),
        ("YES", "boolean", True),
        ("1", "boolean", True),
        ("T", "boolean", True),
        ("False", "boolean", False),
        ("0", "boolean", False),
        ("f", "boolean", False),
        ("00017850", "string", "00017850"),
        ("  kept as it is ", "string", "  kept as it is "),
        ("NULL", "string", "NULL"),
        ("naïve ☃", "string", "naïve ☃"),
    ],
)
def test_a_value_is_read_exactly(text, data_type, value):
    assert read(text, data_type) == value


@pytest.mark.parametrize(
    ("data_type", "texts"),
    [
        (
            "int",
            ["1.0", "1e3", "1,000", "1 000", " 1", "1 ", "x", "+", "-", "--1", "0x1", "٣", "2147483648", "-2147483649"],
        ),
        ("bigint", ["9223372036854775808", "-9223372036854775809", "9" * 40, "1.5"]),
        (
            MONEY,
            [
                "1,50",
                "1.23456",
                "1e3",
                "1E-2",
                "inf",
                "-inf",
                "nan",
                "NaN",
                "1.",
                ".",
                "€5",
                "1_000",
                " 1",
                "1.5 ",
                "+-1",
            ],
        ),
        (MONEY, ["10000000000000000", "99999999999999999.1", "1.2.3", "0.00001", "1'000.00", "(5)"]),
        (
            "date",
            ["2026-02-30", "30.11.2026", "2026-1-1", "20261130", "2026-11-30T00:00", "0000-01-01", "2026-13-01", "x"],
        ),
        ("timestamp", ["2026-02-30T10:00", "2026-11-30T24:00:00", "2026-11-30T23:60", "2026-11-30T23:59:60", "now"]),
        ("timestamp", ["1764525900", "11/30/2026 18:05", "2026-11-30T18", "2026-11-30Z", "2026-11-30T18:05 +02:00"]),
        ("timestamp", ["2026-11-30T18:05:00+99:00", "0000-12-31", "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00"]),
        (
            "timestamp",
            ["2026-11-30T18:05:00,5", "2026-11-30T18:05:00z", " 2026-11-30", "2026-11-30T18:05:00 Europe/Berlin"],
        ),
        ("boolean", ["2", "ja", "wahr", "on", "off", "-1", "truee", " true"]),
    ],
)
def test_what_is_not_exactly_so_is_refused(data_type, texts):
    assert [text for text in texts if read(text, data_type) is not None] == []


@pytest.mark.parametrize("data_type", ["string", "int", "bigint", MONEY, "date", "timestamp", "boolean"])
def test_an_empty_value_is_null(data_type):
    assert read("", data_type) is None


def test_bytes_that_are_no_utf8_are_refused_and_their_neighbours_are_not():
    assert decoded(pa.array([b"Caf\xe9", "Café".encode(), b"\xff", b"", None])).to_pylist() == [
        None,
        "Café",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "value"), [("19970101", date(1997, 1, 1)), ("19970231", None), ("1997111", None), ("1997-01-01", None)]
)
def test_a_pattern_is_taken_to_the_letter(text, value):
    assert read(text, "date", "%Y%m%d") == value


@pytest.mark.parametrize(
    ("values", "data_type", "wanted"),
    [
        (pa.array([1, 17850]), "string", ["1", "17850"]),
        (
            pa.array([19.99, 0.1, 1e-5, 3.0, float("nan"), float("inf"), 1e22]),
            MONEY,
            ["19.99", "0.1", None, "3", None, None, None],
        ),
        (
            pa.array([None, 1.25e10, -12345678901.25, 1e15, 1e16, float("inf"), 19.99, 1e-300]),
            MONEY,
            [None, "12500000000", "-12345678901.25", "1000000000000000", None, None, "19.99", None],
        ),
        (pa.array([19.99, 0.1, 2.5e10], pa.float32()), MONEY, ["19.99", "0.1", "25000000000"]),
        (pa.array([2e10, 1e18, 1e19, 1.5e-7]), "bigint", [20_000_000_000, 10**18, None, None]),
        (pa.array([5, -7]), MONEY, ["5", "-7"]),
        (pa.array([Decimal("1.50000000"), Decimal("0.00000000")], pa.decimal128(20, 8)), MONEY, ["1.5", "0"]),
        (pa.array([Decimal("1.50000000"), Decimal("1.50000001")], pa.decimal128(20, 8)), MONEY, ["1.5", None]),
        (pa.array([3.0, 3.5, None]), "int", [3, None, None]),
        (pa.array([3, 2**40]), "int", [3, None]),
        (pa.array([Decimal("3.00"), Decimal("3.10")], pa.decimal128(9, 2)), "int", [3, None]),
        (pa.array([1, 0, 2]), "boolean", [True, False, None]),
        (pa.array([MOMENT.replace(tzinfo=UTC)], pa.timestamp("ns", "Europe/Berlin")), "timestamp", [MOMENT]),
        (pa.array([MOMENT], pa.timestamp("s")), "timestamp", [MOMENT]),
        (pa.array([date(2026, 11, 30)]), "timestamp", [datetime(2026, 11, 30)]),
        (pa.array([datetime(2026, 11, 30), MOMENT]), "date", [date(2026, 11, 30), None]),
        (pa.array([None, None]), MONEY, [None, None]),
        (pa.array([2**63 - 1, 0, -(2**63)]).view(pa.timestamp("us")), "timestamp", [None, datetime(1970, 1, 1), None]),
        (
            pa.array([2**62, 0, -(2**62)]).view(pa.timestamp("s", "UTC")),
            "timestamp",
            [None, datetime(1970, 1, 1), None],
        ),
        (pa.array([2**62, 0, -(2**62)]).view(pa.timestamp("ms")), "date", [None, date(1970, 1, 1), None]),
        (
            pa.array([253402300799999, 253402300800000, -62135596800000, -62135596800001]).view(pa.timestamp("ms")),
            "timestamp",
            [datetime(9999, 12, 31, 23, 59, 59, 999000), None, datetime(1, 1, 1), None],
        ),
        (pa.array([2**31 - 1, 0], pa.int32()).view(pa.date32()), "timestamp", [None, datetime(1970, 1, 1)]),
        (pa.array([2**31 - 1, 0], pa.int32()).view(pa.date32()), "date", [None, date(1970, 1, 1)]),
    ],
)
def test_a_parquet_column_is_kept_exactly_or_refused(values, data_type, wanted):
    kept = from_arrow(values, data_type)
    assert kept.type == arrow_type(data_type)
    assert kept.to_pylist() == [Decimal(value) if data_type == MONEY and value else value for value in wanted]


@pytest.mark.parametrize(
    ("values", "data_type"),
    [
        (pa.array([17850.0]), "string"),
        (pa.array([1]), "date"),
        (pa.array([1764525900]), "timestamp"),
        (pa.array([True]), MONEY),
        (pa.array([[1]]), "int"),
        (pa.array([MOMENT]), MONEY),
    ],
)
def test_a_parquet_column_that_cannot_be_meant_is_refused_as_a_whole(values, data_type):
    with pytest.raises(WrongType):
        from_arrow(values, data_type)


def test_a_type_that_the_contract_does_not_know_is_an_error():
    with pytest.raises(ValueError, match="'money' is no type of the contract"):
        arrow_type("money")
    assert expected(MONEY) == "decimal with at most 4 places and 16 digits before the point"


@settings(max_examples=60, deadline=None)
@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_every_decimal_of_four_places_comes_back(value):
    assert read(format(value, "f"), MONEY) == value


@settings(max_examples=60, deadline=None)
@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-18 * 60, 18 * 60))
def test_every_moment_comes_back_in_utc_whatever_its_offset(moment, minutes):
    sign, hours = ("-" if minutes < 0 else "+"), abs(minutes)
    local = moment + timedelta(minutes=minutes)
    assert read(f"{local.isoformat()}{sign}{hours // 60:02d}:{hours % 60:02d}", "timestamp") == moment


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789+-.,eE ", max_size=12))
def test_no_number_text_is_ever_read_as_another_number(text):
    value = read(text, MONEY)
    if value is not None:
        assert Decimal(text) == value
