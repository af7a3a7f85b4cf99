"""Columns missing, more, renamed, reordered, twice, and Parquet columns of another type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from bad_input.case import Case, lands, stops
from bad_input.spoiling import as_parquet, both, columns_in_order, replace, throughout, write

SURVEY_COLUMNS = "survey_id,customer_id,surveyed_at,nps"
PRICES = "select unit_price from judged_order_lines order by order_id, line_number"
FIVE_PRICES = [(Decimal(price),) for price in ("9.9900", "5.0000", "9.9900", "20.0000", "5.0000")]
ORDER_TIMES = "select ordered_at from judged_orders order by order_id"
FOUR_TIMES = [
    (datetime(2025, 3, 1, 10),),
    (datetime(2025, 4, 2, 9, 30),),
    (datetime(2025, 5, 3),),
    (datetime(2025, 6, 4, 12),),
]
FOUR_MOMENTS = [moment.replace(tzinfo=UTC) for (moment,) in FOUR_TIMES]

ENDLESS = 2**63 - 1
"""What engines write for 'infinity', in whatever unit."""


def _ticks(data_type: pa.DataType, *numbers: int | None) -> pa.Array:
    """Dates or times by what lies in the file, whether or not Python has such."""
    return pa.array(numbers, pa.int32() if data_type == pa.date32() else pa.int64()).view(data_type)


def _bad_moment(name: str, moment: pa.Array, shown: str) -> Case:
    """The only survey is of this time and quarantined, and its reason quotes it so."""
    return lands(name, as_parquet("surveys", surveyed_at=moment), {"surveys": {"quarantined": 1}},
                 {"surveys": (f"surveyed_at: '{shown}' is no ISO 8601 time",)})  # fmt: skip


CASES = (
    stops("a required column is missing", write("surveys.csv", "survey_id,customer_id,nps\nv1,007,9\n"),
          "surveys.csv", "required column surveyed_at", "ISO 8601 time", "missing from the header"),
    lands("an optional column is missing", write("surveys.csv",
          "survey_id,customer_id,surveyed_at\nv1,007,2025-03-20\n"),
          kept={"select nps from judged_surveys": [(None,)]}),
    lands("a column more", write("surveys.csv", SURVEY_COLUMNS + ",weather\nv1,007,2025-03-20,9,rain\n"),
          kept={"select nps from judged_surveys": [(9,)]},
          says=("surveys: column weather is ignored: it is not in the contract",)),
    stops("a required column is renamed", replace("surveys.csv", "surveyed_at", "surveyed_on"),
          "surveys.csv", "required column surveyed_at", "did you mean surveyed_on?"),
    lands("an optional column is renamed", replace("surveys.csv", ",nps", ",npss"),
          kept={"select nps from judged_surveys": [(None,)]},
          says=("surveys: column npss is ignored: did you mean nps?",)),
    lands("columns in another order", columns_in_order("order_lines.csv", "discount_amount", "unit_price", "quantity",
          "product_id", "order_id", "line_number"), kept={PRICES: FIVE_PRICES}),
    stops("a column comes twice", replace("surveys.csv", "nps", "customer_id"), "surveys.csv",
          "customer_id comes twice"),
    stops("names in capitals", replace("surveys.csv", SURVEY_COLUMNS, SURVEY_COLUMNS.upper()),
          "surveys.csv", "required column survey_id", "SURVEY_ID"),
    lands("blanks around the names", replace("surveys.csv", SURVEY_COLUMNS,
          " survey_id, customer_id ,surveyed_at, nps "),
          kept={"select survey_id, nps from judged_surveys": [("v1", 9)]}),
    stops("a header that is no UTF-8", replace("surveys.csv", "nps", b"gr\xf6\xdfe"), "surveys.csv",
          "header is no valid UTF-8"),
    stops("no header, rows at once", replace("surveys.csv", SURVEY_COLUMNS + "\n", ""), "surveys.csv",
          "required column survey_id",
          "4 names that it does not know: is it the first row"),
    lands("a comma at the end of each line", throughout("surveys.csv", "\n", ",\n"),
          says=("surveys: column column 5 is ignored",),
          kept={"select nps from judged_surveys": [(9,)]}),
    lands("a comma at the end of each row and not of the header", replace("surveys.csv", ",9\n", ",9,\n"),
          {"surveys": {"quarantined": 1}}, {"surveys": ("row: 5 fields where the header has 4",)}),
    lands("a column without a name", replace("surveys.csv", SURVEY_COLUMNS, SURVEY_COLUMNS.replace("nps", "")),
          kept={"select nps from judged_surveys": [(None,)]}, says=("surveys: column column 4 is ignored",)),
    lands("columns of two files that differ", write("surveys-2.csv", "nps,motive,survey_id,surveyed_at,customer_id\n"
          "3,price,v2,2025-03-21,008\n"), {"surveys": {"accepted": 2}},
          kept={"select nps, motive from judged_surveys order by survey_id": [(9, None), (3, "price")]}),
    stops("a header of two hundred thousand columns", write("surveys.csv",
          ",".join(f"c{n}" for n in range(200_000)) + "\n1\n"),
          "surveys.csv", "required column survey_id", "200000 names that it does not know"),
    # Parquet
    lands("Parquet, all text", as_parquet("order_lines"), kept={PRICES: FIVE_PRICES}),
    lands("Parquet with whole numbers for ids", both(as_parquet("surveys", survey_id=pa.array([17850]))),
          kept={"select survey_id from judged_surveys": [("17850",)]}),
    stops("Parquet with doubles for ids", as_parquet("surveys", survey_id=pa.array([17850.0])),
          "surveys.parquet", "column survey_id is double", "text"),
    stops("Parquet with whole numbers for times", as_parquet("surveys", surveyed_at=pa.array([1742428800])),
          "surveys.parquet", "column surveyed_at is int64", "ISO 8601 time"),
    stops("Parquet with truth values for money", as_parquet("cost_pools", amount=pa.array([True])),
          "cost_pools.parquet", "column amount is bool", "decimal"),
    stops("Parquet with lists for text", as_parquet("surveys", motive=pa.array([["price", "place"]])),
          "surveys.parquet", "column motive is list", "text"),
    stops("Parquet with structures for numbers", as_parquet("surveys", nps=pa.array([{"value": 9}])),
          "surveys.parquet", "column nps is struct", "whole number"),
    stops("Parquet with times for numbers", as_parquet("surveys", nps=pa.array([datetime(2025, 1, 1)])),
          "surveys.parquet", "column nps is timestamp", "whole number"),
    stops("Parquet without a required column", write("surveys-2.parquet", pa.table({"survey_id": ["v2"]})),
          "surveys-2.parquet", "required column customer_id"),
    stops("Parquet with a column twice", write("surveys-2.parquet", pa.table([["v"], ["w"]], ["survey_id",
          "survey_id"])),
          "surveys-2.parquet", "survey_id comes twice"),
    lands("Parquet with doubles for money", as_parquet("order_lines", unit_price=pa.array([9.99, 5, 9.99, 20, 5.0])),
          kept={PRICES: FIVE_PRICES}),
    lands("Parquet with doubles that are no cents", as_parquet("order_lines", unit_price=pa.array([9.99, 5, 9.99, 20,
          0.1 + 0.2])),
          {"order_lines": {"accepted": 4, "quarantined": 1}},
          {"order_lines": ("unit_price: '0.30000000000000004' is no decimal",)}),
    lands("Parquet with NaN and infinity", as_parquet("order_lines", unit_price=pa.array([9.99, 5, 9.99,
          float("nan"), float("inf")])),
          {"order_lines": {"accepted": 3, "quarantined": 2}},
          {"order_lines": ("unit_price: 'nan' is no decimal", "unit_price: 'inf' is no decimal")}),
    lands("Parquet with decimals of another scale", as_parquet("order_lines", unit_price=pa.array(
          [Decimal("9.99"), Decimal("5"), Decimal("9.99"), Decimal("20"), Decimal("5.00000001")], pa.decimal128(38,
          10))),
          {"order_lines": {"accepted": 4, "quarantined": 1}},
          {"order_lines": ("unit_price: '5.0000000100' is no decimal",)}),
    lands("Parquet with numbers too large", as_parquet("order_lines", line_number=pa.array([1, 2, 1, 1, 2**40])),
          {"order_lines": {"accepted": 4, "quarantined": 1}},
          {"order_lines": ("line_number: '1099511627776' is no whole number",)}),
    lands("Parquet with times in nanoseconds of a zone", as_parquet("orders", ordered_at=pa.array(
          FOUR_MOMENTS, pa.timestamp("ns", "Europe/Berlin"))), kept={ORDER_TIMES: FOUR_TIMES}),
    lands("Parquet with days for times", as_parquet("surveys", surveyed_at=pa.array([date(2025, 3, 20)])),
          kept={"select surveyed_at from judged_surveys": [(datetime(2025, 3, 20),)]}),
    lands("Parquet with times for days", as_parquet("cost_pools", month=pa.array([datetime(2025, 3, 1, 0, 0, 1)])),
          {"cost_pools": {"quarantined": 1}}, {"cost_pools": ("month: '2025-03-01 00:00:01' is no date",)}),
    _bad_moment("Parquet with a time without end", _ticks(pa.timestamp("us"), ENDLESS),
          f"<value out of range: {ENDLESS}>"),
    _bad_moment("Parquet with a time without end in a zone", _ticks(pa.timestamp("us", "Europe/Berlin"), ENDLESS),
          f"<value out of range: {ENDLESS}>"),
    _bad_moment("Parquet with a time without beginning", _ticks(pa.timestamp("us"), -ENDLESS),
          f"<value out of range: {-ENDLESS}>"),
    _bad_moment("Parquet with milliseconds that no microseconds hold", _ticks(pa.timestamp("ms"), 2**62),
          f"<value out of range: {2**62}>"),
    _bad_moment("Parquet with a time of the year 10000", _ticks(pa.timestamp("ms"), 253_402_300_800_000),
          "10000-01-01 00:00:00.000"),
    _bad_moment("Parquet with a time before Christ", _ticks(pa.timestamp("us"), -62_198_755_200 * 10**6),
          "-0001-01-01 00:00:00.000000"),
    _bad_moment("Parquet with a day without end for a time", _ticks(pa.date32(), 2**31 - 1),
          f"<value out of range: {2**31 - 1}>"),
    lands("Parquet with a month without end", as_parquet("cost_pools", month=_ticks(pa.date32(), 2**31 - 1)),
          {"cost_pools": {"quarantined": 1}},
          {"cost_pools": (f"month: '<value out of range: {2**31 - 1}>' is no date",)}),
    lands("Parquet with a birth date of the year 10000 is not told, and others are kept", as_parquet("customers",
          birth_date=_ticks(pa.date32(), 7000, 2_932_897, None)), {"customers": {"accepted": 2, "quarantined": 1}},
          {"customers": ("birth_date: the value is no date",)},
          kept={"select birth_date from judged_customers where birth_date is not null": [(date(1989, 3, 2),)]}),
    lands("Parquet with text that is no UTF-8", as_parquet("products", product_name=pa.array(
          [b"Lamp", b"Gl\xfchbirne", b"Chair"], pa.binary()).view(pa.string())),
          {"products": {"accepted": 2, "quarantined": 1}}, {"products": ("product_name: no valid UTF-8 text",)}),
    lands("Parquet with a dictionary of categories", as_parquet("products", category=pa.array(
          ["Light", None, "Seats"]).dictionary_encode()),
          kept={"select category from judged_products order by product_id": [("Light",), (None,), ("Seats",)]}),
    lands("Parquet with a column of nothing", as_parquet("surveys", nps=pa.nulls(1)),
          kept={"select nps from judged_surveys": [(None,)]}),
)  # fmt: skip
