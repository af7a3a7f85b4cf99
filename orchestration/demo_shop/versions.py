"""Rows that come late and rows that are corrected: legal, and the reason why a file is never the last word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.demo_shop import money
from orchestration.demo_shop.days import SECONDS_PER_DAY, days_of
from orchestration.demo_shop.orders import Lines, Orders
from orchestration.demo_shop.parameters import Parameters

LATE_SHARE = 0.004
CORRECTED_SHARE = 0.003
SETTLED_DAYS = 25
"""Only orders older than this at the end come late or are corrected: what follows has had time to happen."""

Wrong = Callable[[pa.Table], Mapping[str, pa.Array]]


@dataclass(frozen=True)
class Versions:
    """The rows of one table by the file that they come in: on time, late, and corrections of rows on time."""

    part: pa.Table
    late: pa.Table
    corrections: pa.Table


def late_orders(parameters: Parameters, block: int, orders: Orders) -> np.ndarray:
    """Which orders reach the files only days after they were placed, with all their lines."""
    settled = orders.placed < days_of(parameters).end - SETTLED_DAYS * SECONDS_PER_DAY
    return settled & (parameters.random("late orders", block).random(orders.count) < LATE_SHARE)


def versions_of(
    parameters: Parameters, block: int, name: str, table: pa.Table, late: np.ndarray, wrong: Wrong
) -> Versions:
    """Splits a table into its files. A corrected row stands wrong among those on time, right among the corrections.

    `late` is True for rows that come late; their version is up to twenty days after the event. `wrong` gives the
    columns as they were before the correction, whose version is one to twenty days later.
    """
    random = parameters.random(f"versions of {name}", block)
    end = days_of(parameters).end
    version = table["updated_at"].combine_chunks().cast(pa.int64()).to_numpy() // 1_000_000
    settled = version < end - SETTLED_DAYS * SECONDS_PER_DAY
    corrected = settled & ~late & (random.random(len(table)) < CORRECTED_SHARE)
    later = version + random.integers(SECONDS_PER_DAY, 20 * SECONDS_PER_DAY, len(table))
    right = _with(table, {"updated_at": _moments(np.where(corrected | late, later, version))})
    before = table.filter(pa.array(corrected))
    chosen = pa.array(corrected)
    part = _with(
        table,
        {
            column: pc.replace_with_mask(table[column].combine_chunks(), chosen, values)
            for column, values in wrong(before).items()
        },
    )
    return Versions(part.filter(pa.array(~late)), right.filter(pa.array(late)), right.filter(chosen))


def _moments(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds * 1_000_000).cast(pa.timestamp("us"))


def _with(table: pa.Table, changes: Mapping[str, pa.Array]) -> pa.Table:
    for name, values in changes.items():
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)
    return table


def wrong_order(rows: pa.Table) -> dict[str, pa.Array]:
    """The order had not been completed yet, and its country was not known."""
    return {
        "status": pa.repeat(pa.scalar("placed"), len(rows)),
        "cancelled_at": pa.nulls(len(rows), pa.timestamp("us")),
        "delivery_country": pa.nulls(len(rows), pa.string()),
    }


def wrong_line(rows: pa.Table) -> dict[str, pa.Array]:
    """The price had been a euro too high."""
    return {"unit_price": _add(rows["unit_price"], money.UNIT)}


def wrong_shipment(rows: pa.Table) -> dict[str, pa.Array]:
    """The carrier's first bill had been five euros too high."""
    return {"shipping_cost": _add(rows["shipping_cost"], 5 * money.UNIT)}


def wrong_customer(rows: pa.Table) -> dict[str, pa.Array]:
    """Country, region and city had been missing."""
    return {name: pa.nulls(len(rows), pa.string()) for name in ("country", "region", "city")}


def _add(amounts: pa.ChunkedArray, units: int) -> pa.Array:
    extra = pa.scalar(Decimal(units) / money.UNIT, pa.decimal128(20, 4))
    return pc.add(amounts.combine_chunks(), extra).cast(pa.decimal128(20, 4))


def late_lines(late: np.ndarray, lines: Lines) -> np.ndarray:
    """The lines of late orders."""
    return late[lines.order]
