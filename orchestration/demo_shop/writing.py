"""Files of the shop: Parquet for the many, CSV for what a shop keeps by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ENCODING = "utf-8"
BYTES_AS_THEY_ARE = "surrogateescape"
"""Text made by this error handler carries bytes that are no UTF-8, and gives them back when written."""


REPEATED = (
    "status",
    "channel",
    "currency",
    "purpose",
    "method",
    "country",
    "region",
    "city",
    "campaign",
    "product_id",
    "event_type",
    "reason",
    "carrier",
    "band",
    "education",
    "gender",
    "price",
    "quantity",
    "tax_amount",
    "discount_amount",
    "month",
)
"""How the names of columns end that hold few values: only for these is a dictionary worth its time."""


def write_parquet(path: Path, table: pa.Table) -> None:
    """Writes a table as one Parquet file; none where there are no rows."""
    if len(table) == 0:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    repeated = [name for name in table.column_names if name.endswith(REPEATED)]
    pq.write_table(
        table, path, compression="zstd", compression_level=1, coerce_timestamps="us", use_dictionary=repeated
    )


def write_csv(path: Path, table: pa.Table) -> None:
    """Writes a table as CSV: header, comma, ISO dates, decimal point, nothing for null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [column.cast(pa.string()).to_pylist() for column in table.columns]
    path.write_bytes(_csv_bytes([table.column_names, *zip(*texts, strict=True)]))


def append_csv(path: Path, rows: Iterable[Sequence[str | None]]) -> None:
    """Adds rows to a CSV file that is there; text may carry bytes that are no UTF-8."""
    with path.open("ab") as file:
        file.write(_csv_bytes(rows))


def _csv_bytes(rows: Iterable[Sequence[str | None]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(ENCODING, BYTES_AS_THEY_ARE)
