"""Files that are no whole file of rows: empty, cut off, of another kind, badly quoted, changing, twice there."""

from __future__ import annotations

import gzip
import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

from bad_input.case import lands, stops
from bad_input.good_shop import FILES
from bad_input.spoiling import (
    append,
    as_parquet,
    both,
    copy,
    cut,
    encode,
    nothing,
    remove,
    rename,
    replace,
    throughout,
    write,
)

ORDERS = "orders.csv"
NO_ORDER = "its order has not been seen"

WITHOUT_ORDERS = {
    "orders": {},
    "order_lines": {"quarantined": 5},
    "refunds": {"quarantined": 1},
    "payments": {"quarantined": 2},
    "shipments": {"quarantined": 1},
}
ALL_ORPHANED = {table: (NO_ORDER,) for table, fates in WITHOUT_ORDERS.items() if fates}


def _parquet(**columns: list | pa.Array) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _zipped(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return buffer.getvalue()


MANY_ORDERS = _parquet(
    order_id=[f"x{number}" for number in range(5000)],
    ordered_at=["2025-03-01T10:00:00Z"] * 5000,
    session_id=[f"{number * 7919 % 5000:x}" for number in range(5000)],
)
DAMAGED = MANY_ORDERS[:2000] + b"\0" * 3000 + MANY_ORDERS[5000:]

CASES = (
    lands("nothing spoilt", nothing),
    # empty
    stops("zero bytes for a required table", write(ORDERS, b""), ORDERS, "is empty (0 bytes)", "a header was expected"),
    stops("zero bytes for an optional table", write("refunds.csv", b""), "refunds.csv", "is empty (0 bytes)"),
    stops("zero bytes of Parquet", write("orders-2.parquet", b""), "orders-2.parquet", "is empty (0 bytes)"),
    stops("nothing but a BOM", write(ORDERS, b"\xef\xbb\xbf"), ORDERS, "there is no header"),
    stops("nothing but line breaks", write(ORDERS, b"\r\n\n\n"), ORDERS, "there is no header"),
    stops("nothing but NUL bytes", write(ORDERS, b"\0" * 4096), ORDERS, "NUL"),
    lands("nothing but a header, optional table", write("surveys.csv", "survey_id,customer_id,surveyed_at\n"),
          {"surveys": {}}),
    lands("nothing but a header, required table", write(ORDERS, "order_id,customer_id,ordered_at"),
          WITHOUT_ORDERS, ALL_ORPHANED),
    lands("Parquet of no rows", both(remove(ORDERS), write("orders.parquet", _parquet(order_id=[], ordered_at=[]))),
          WITHOUT_ORDERS, ALL_ORPHANED),
    stops("no file at all", remove(*(f"{table}.csv" for table in FILES)),
          "required table orders is missing", "expected orders.csv or .parquet", "found no table at all"),
    stops("a required table is missing", remove("order_lines.csv"), "required table order_lines is missing"),
    lands("an optional table is missing", remove("surveys.csv"), {"surveys": {}}),
    # cut off
    stops("Parquet cut off at its end", both(write("orders-2.parquet", MANY_ORDERS), cut("orders-2.parquet", -20)),
          "orders-2.parquet", "damaged or cut off"),
    stops("Parquet cut off half way", both(write("orders-2.parquet", MANY_ORDERS), cut("orders-2.parquet", 9000)),
          "orders-2.parquet", "damaged or cut off"),
    stops("Parquet cut off after its first bytes", write("orders-2.parquet", b"PAR1"),
          "orders-2.parquet", "damaged or cut off"),
    stops("Parquet with a hole, its footer whole", write("orders-2.parquet", DAMAGED),
          "orders-2.parquet", "damaged or cut off"),
    lands("CSV cut off within a row", cut("web_events.csv", -9), {"web_events": {"quarantined": 1}},
          {"web_events": ("row: 2 fields where the header has 4",)}),
    stops("CSV cut off within a quoted value", append(ORDERS, '0005,007,"2025-07-01\n'),
          ORDERS, "opens a quoted value and never closes it"),
    stops("CSV cut off within the header", cut(ORDERS, 15), ORDERS, "required column ordered_at"),
    # of another kind
    stops("CSV called Parquet", write("orders-2.parquet", FILES["orders"] + "\n"), "orders-2.parquet",
          "damaged or cut off"),
    stops("Parquet called CSV", write("orders-2.csv", MANY_ORDERS), "orders-2.csv", "header"),
    stops("gzip called CSV", write(ORDERS, gzip.compress(FILES["orders"].encode(), mtime=0)), ORDERS, "header"),
    stops("a spreadsheet called CSV", write(ORDERS, _zipped("sheet.xml", FILES["orders"])), ORDERS, "header"),
    stops("a page of an error called CSV", write(ORDERS, "<!DOCTYPE html>\n<html><body>503</body></html>\n"),
          ORDERS, "required column order_id", "is it the first row, and the header missing?"),
    stops("JSON called CSV", write(ORDERS, '[{"order_id": "1", "ordered_at": "2025-01-01"}]\n'),
          ORDERS, "required column"),
    stops("UTF-16", encode(ORDERS, "utf-16"), ORDERS, "is UTF-16", "UTF-8 was expected"),
    stops("UTF-16 without a BOM", encode(ORDERS, "utf-16-le"), ORDERS, "NUL", "UTF-8 was expected"),
    stops("UTF-32", encode(ORDERS, "utf-32"), ORDERS, "UTF-8 was expected"),
    stops("another table's file", write("refunds.csv", FILES["payments"]), "refunds.csv", "required column refund_id"),
    stops("separated by semicolons", throughout(ORDERS, ",", ";"), ORDERS, "separated by another character"),
    stops("separated by tabs", throughout(ORDERS, ",", "\t"), ORDERS, "separated by another character"),
    # ways to write CSV that mean the same
    lands("a BOM", write(ORDERS, b"\xef\xbb\xbf" + FILES["orders"].encode())),
    lands("line breaks of Windows", throughout(ORDERS, "\n", "\r\n")),
    stops("line breaks of old Macs", throughout(ORDERS, "\n", "\r"), ORDERS, "line"),
    lands("line breaks of both kinds", replace(ORDERS, "completed,EUR,\n", "completed,EUR,\r\n")),
    lands("no line break at the end", cut(ORDERS, -1)),
    lands("lines with nothing on them", throughout(ORDERS, "\n", "\n\n")),
    lands("every value in quotes", write("surveys.csv",
          '"survey_id","customer_id","surveyed_at","nps"\n"v1","007","2025-03-20","9"\n')),
    lands("the end mark of DOS", append("surveys.csv", b"\x1a"), {"surveys": {"accepted": 1, "quarantined": 1}},
          {"surveys": ("row: 1 field where the header has 4",)}),
    # quotes
    lands("quotes, commas and line breaks in a value", append("products.csv",
          'p4,"A ""fine"",\r\nbig\nlamp",Light,,,\n'),
          {"products": {"accepted": 4}},
          kept={"select product_name from judged_products where product_id = 'p4'": [('A "fine",\r\nbig\nlamp',)]}),
    lands("a quote within a value that is not quoted", append("products.csv", 'p4,Pipe 5",Light,,,\n'),
          {"products": {"accepted": 4}},
          kept={"select product_name from judged_products where product_id = 'p4'": [('Pipe 5"',)]}),
    stops("a quote too many that swallows the rows up to the next quoted value",
          append("products.csv", 'p4,"Pipe,Light,,,\np5,Tap,Light,,,\np6,"Bowl, big",Light,,,\n'),
          "products.csv", "row 4", "quote"),
    stops("more after the quote that closes a value", append("products.csv", 'p4,"Pipe"s,Light,,,\n'),
          "products.csv", "row 4", "quote"),
    stops("a quote that is opened in the middle and never closed",
          replace("products.csv", "p2,Bulb", 'p2,"Bulb'), "products.csv", "quoted value"),
    # rows of another shape
    lands("a row with too few fields", append(ORDERS, "0005,007\n"), {"orders": {"accepted": 4, "quarantined": 1}},
          {"orders": ("row: 2 fields where the header has 6",)}),
    lands("a row with too many fields", append(ORDERS, "0005,007,2025-07-01,paid,EUR,,,\n"),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("row: 8 fields where the header has 6",)}),
    lands("a row of commas", append(ORDERS, ",,,,,\n"), {"orders": {"accepted": 4, "quarantined": 1}},
          {"orders": ("order_id is missing; ordered_at is missing",)}),
    lands("a line of blanks", append(ORDERS, "   \n"), {"orders": {"accepted": 4, "quarantined": 1}},
          {"orders": ("row: 1 field where the header has 6",)}),
    lands("two files in one, header and all", append("surveys.csv", FILES["surveys"].replace("v1", "v2")),
          {"surveys": {"accepted": 2, "quarantined": 1}},
          {"surveys": ("surveyed_at: 'surveyed_at' is no ISO 8601 time",)}),
    lands("a line of totals", append("order_lines.csv", "Total,,,11,49.97,\n"),
          {"order_lines": {"accepted": 5, "quarantined": 1}}, {"order_lines": ("line_number is missing; product_id",)}),
    lands("NUL bytes where rows were to be written", append(ORDERS, b"\0" * 512),
          {"orders": {"accepted": 4, "quarantined": 1}}, {"orders": ("row: 1 field where the header has 6",)}),
    # changing
    stops("a file that grows while it is read", nothing, ORDERS, "changed while it was read",
          while_read=append(ORDERS, "0005,007,2025-07-01,paid,EUR,\n")),
    stops("a file that is replaced while it is read", nothing, ORDERS, "changed while it was read",
          while_read=both(write("new", FILES["orders"].replace("0004", "0009")), rename("new", ORDERS))),
    stops("a file that is cut off while it is read", nothing, ORDERS, "changed while it was read",
          while_read=cut(ORDERS, 100)),
    stops("a file that vanishes while it is read", nothing, ORDERS, "changed while it was read",
          while_read=remove(ORDERS)),
    # twice there
    lands("the same file under two names", copy(ORDERS, "orders-again.csv")),
    lands("the same file under two names, on a second night", nothing, then=rename(ORDERS, "orders/january.csv")),
    lands("the same rows in other bytes", both(copy("surveys.csv", "surveys-2.csv"), append("surveys-2.csv", "\n")),
          {"surveys": {"accepted": 1, "duplicate": 1}}),
    lands("the same rows as CSV and as Parquet", both(as_parquet("surveys"), write("surveys.csv", FILES["surveys"])),
          {"surveys": {"accepted": 1, "duplicate": 1}}),
    lands("a file in two parts with a header each", both(
          write("orders.csv", "".join(FILES["orders"].splitlines(keepends=True)[:3])),
          write("orders-2.csv", "".join(FILES["orders"].splitlines(keepends=True)[i] for i in (0, 3, 4))))),
)  # fmt: skip
