"""Rows that the contract refuses, a few of each kind, and how many of each there are.

Every dirty row is an extra row: take all of them away and the clean shop is left, so that the truth beside the data is
the truth of what is accepted. They go to a file of their own beside the table's good ones, or, for tables kept as CSV,
to the end of that file.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration import contract
from orchestration.demo_shop import columns
from orchestration.demo_shop.blocks import HELP_DESK, RETURNS_DESK
from orchestration.demo_shop.dirt_kinds import DUPLICATE, KINDS, Kind, Look, same_again
from orchestration.demo_shop.parameters import Parameters
from orchestration.demo_shop.writing import append_csv, write_parquet

CSV_FILES: Mapping[str, Path] = {
    "refunds": RETURNS_DESK,
    "service_contacts": HELP_DESK,
    "fx_rates": Path("fx_rates.csv"),
    "cost_pools": Path("cost_pools.csv"),
}
SHARE_PER_KIND = 0.0002
MOST_PER_KIND = 20
LARGEST_SHARE = 0.005
"""Of a table's rows, all dirty ones together: half of what the settings tolerate. In a table too small for that, the
kinds named last are left out."""
NEW_NUMBERS = 98_000_000_000

Row = dict[str, Any]


@dataclass(frozen=True)
class Dirty:
    """How many rows of one kind were put into one table, and where."""

    table: str
    kind: str
    row_count: int
    expected_fate: str
    source_file: str


def add_dirt(parameters: Parameters, folder: Path, rows: Mapping[str, int]) -> list[Dirty]:
    """Adds dirty rows to a shop that is written; `rows` are the tables' sizes. Says what was added."""
    added: list[Dirty] = []
    for table in contract.tables():
        kinds = [kind for kind in KINDS if kind.table == table]
        chosen = _within_limit(kinds, rows.get(table, 0))
        if chosen:
            added += _dirty_table(parameters, folder, table, chosen)
    return added


def _within_limit(kinds: list[Kind], rows: int) -> list[tuple[Kind, int]]:
    """The kinds that a table of so many rows can carry, each with how many cases of it."""
    cases = int(np.clip(rows * SHARE_PER_KIND, 1, MOST_PER_KIND))
    left = int(rows * LARGEST_SHARE)
    chosen = []
    for kind in kinds:
        if kind.rows_per_case * cases <= left:
            chosen.append((kind, cases))
            left -= kind.rows_per_case * cases
    return chosen


def _dirty_table(parameters: Parameters, folder: Path, table: str, chosen: list[tuple[Kind, int]]) -> list[Dirty]:
    random = parameters.random(f"dirt in {table}")
    good = _good_rows(folder, table)
    look = Look(
        before_opening=datetime.combine(parameters.opened_on, datetime.min.time()) - timedelta(days=400),
        unrefunded=_unrefunded_orders(folder) if table == "refunds" else [],
    )
    made: list[Row] = []
    added = []
    file = CSV_FILES.get(table, _dirty_file(folder, table))
    for kind, cases in chosen:
        templates = good.take(random.choice(len(good), cases, replace=False)).to_pylist()
        rows = [row for case, each in enumerate(templates) for row in _case(kind, each, len(made) + case, look)]
        made += rows
        added.append(
            Dirty(
                table, kind.name, len(rows), DUPLICATE if kind.change is same_again else "quarantined", file.as_posix()
            )
        )
    if table in CSV_FILES:
        append_csv(folder / file, [[_text(row[name]) for name in columns.schema_of(table).names] for row in made])
    else:
        write_parquet(folder / file, pa.Table.from_pylist(made, schema=columns.schema_of(table)))
    return added


def _dirty_file(folder: Path, table: str) -> Path:
    """Beside the table's other files: in its folder where it has one."""
    return Path(table) / "by-hand.parquet" if (folder / table).is_dir() else Path(f"{table}-by-hand.parquet")


def _case(kind: Kind, template: Row, number: int, look: Look) -> list[Row]:
    """The rows of one case: copies as they are, everything else under a key of its own."""
    if kind.change is same_again:
        return [dict(template)]
    row = dict(template)
    for name, column_type in _key_to_renew(kind.table):
        row[name] = _new_key(row[name], column_type, NEW_NUMBERS + kind.number * 10_000 + number)
    return kind.change(row, number, look)


def _key_to_renew(table: str) -> list[tuple[str, str]]:
    """The last column of the key: of an order line its number, of a rate its currency, of an event its id."""
    description = contract.tables()[table]
    name = "campaign" if "campaign" in description.key else description.key[-1]
    return [(name, description.column(name).data_type)]


def _new_key(old: Any, data_type: str, number: int) -> Any:
    if data_type == "int":
        return int(number - NEW_NUMBERS + 1_000)
    if data_type == "date":
        return old + timedelta(days=3 + number % 20)
    return str(number)


def _good_rows(folder: Path, table: str) -> pa.Table:
    """Rows to start from: of the table's first file, those that no correction replaces; all text where it is CSV."""
    first = _first_file(folder, table)
    if first.suffix == ".csv":
        with first.open(encoding="utf-8", newline="") as file:
            rows = [{name: text or None for name, text in row.items()} for row in csv.DictReader(file)]
        return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in columns.schema_of(table).names]))
    rows = pq.read_table(first)
    corrections = first.with_name(first.name.replace("part-", "corrections-"))
    if corrections == first or not corrections.exists():
        return rows
    key = contract.tables()[table].key
    return rows.filter(pc.invert(pc.is_in(_joined(rows, key), value_set=_joined(pq.read_table(corrections), key))))


def _joined(rows: pa.Table, key: Sequence[str]) -> pa.Array:
    """The key of each row as one text."""
    return pc.binary_join_element_wise(*(rows[name].combine_chunks().cast(pa.string()) for name in key), " ")


def _first_file(folder: Path, table: str) -> Path:
    """The desk's CSV where the table has one with rows, else its only or first Parquet file."""
    if table in CSV_FILES:
        return folder / CSV_FILES[table]
    return folder / table / "part-00000.parquet" if (folder / table).is_dir() else folder / f"{table}.parquet"


def _unrefunded_orders(folder: Path) -> list[tuple[str, Decimal]]:
    """Orders of the first block that no refund names, with what their lines came to before any discount."""
    orders = pq.read_table(
        folder / "orders" / "part-00000.parquet", columns=["order_id", "status", "currency"]
    ).to_pylist()
    refunded = set(_good_rows(folder, "refunds")["order_id"].to_pylist())
    written = folder / "refunds" / "part-00000.parquet"
    if written.exists():
        refunded |= set(pq.read_table(written, columns=["order_id"])["order_id"].to_pylist())
    lines = pq.read_table(folder / "order_lines" / "part-00000.parquet", columns=["order_id", "quantity", "unit_price"])
    gross: dict[str, Decimal] = {}
    for line in lines.to_pylist():
        gross[line["order_id"]] = gross.get(line["order_id"], Decimal(0)) + line["quantity"] * line["unit_price"]
    return [
        (order["order_id"], gross[order["order_id"]])
        for order in orders
        if order["status"] == "completed"
        and order["currency"] == "EUR"
        and order["order_id"] not in refunded
        and order["order_id"] in gross
    ]


def _text(value: Any) -> str | None:
    """A value as the shop's CSV files have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S")
    return None if value is None else str(value)
