"""One block of customers, from the first draw to its files. A block needs nothing from any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from orchestration.demo_shop.browsing import web_events_table
from orchestration.demo_shop.engagement import contacts_of, contacts_table, loyalty_of, loyalty_table, surveys_table
from orchestration.demo_shop.fulfilment import payments_of, payments_table, shipments_of, shipments_table
from orchestration.demo_shop.marketing import touches_table
from orchestration.demo_shop.orders import Lines, Orders, orders_of
from orchestration.demo_shop.parameters import Parameters
from orchestration.demo_shop.people import NOBODY, People, people_of
from orchestration.demo_shop.refunds import Refunds, refunds_of, refunds_table
from orchestration.demo_shop.tables import customers_table, lines_table, orders_table, statuses
from orchestration.demo_shop.truth import customers_truth, months_truth
from orchestration.demo_shop.versions import (
    Versions,
    late_lines,
    late_orders,
    versions_of,
    wrong_customer,
    wrong_line,
    wrong_order,
    wrong_shipment,
)
from orchestration.demo_shop.writing import write_csv, write_parquet

TRUTH = "_truth"
RETURNS_DESK = Path("refunds") / "returns-desk.csv"
HELP_DESK = Path("service_contacts") / "help-desk.csv"
DESK_ROWS = 0.2
"""Of the refunds and contacts of the first block, what comes as CSV from the desk that keeps it by hand."""
FORGOTTEN_SHARE = 0.002
"""Of the customers, those that order and are in no customer file (not in a clean shop)."""


@dataclass(frozen=True)
class BlockReport:
    """What a block tells the whole: small, however large the block."""

    block: int
    rows: Mapping[str, int]
    legal: Mapping[tuple[str, str], int]
    """Rows by table and kind that are legal and out of the ordinary."""
    months: Mapping[str, np.ndarray]
    """Sums of the truth by month, as whole numbers."""


def make_block(parameters: Parameters, block: int, folder: Path) -> BlockReport:
    """Draws a block and writes its files below the folder."""
    people = people_of(parameters, block)
    orders, lines = orders_of(parameters, block, people)
    refunds = refunds_of(parameters, block, people, orders, lines)
    rows: Counter[str] = Counter()
    legal: Counter[tuple[str, str]] = Counter()
    months = _with_money(parameters, block, folder, people, orders, lines, refunds, rows, legal)
    for name, table in (
        ("marketing_touches", touches_table(parameters, block, people, orders)),
        ("web_events", web_events_table(parameters, block, people, orders, lines)),
        ("surveys", surveys_table(parameters, block, people, refunds)),
    ):
        _write(folder, block, name, table, rows)
    customers = customers_table(parameters, block, people, orders)
    kept = _known_customers(parameters, block, people)
    legal["customers", "unknown_customer"] += int((~kept).sum())
    never = np.zeros(int(kept.sum()), dtype=bool)
    _write_versions(
        folder,
        block,
        "customers",
        versions_of(parameters, block, "customers", customers.filter(pa.array(kept)), never, wrong_customer),
        rows,
        legal,
    )
    write_parquet(folder / TRUTH / "customers" / _part(block), customers_truth(parameters, people, orders))
    return BlockReport(block, dict(rows), dict(legal), months)


def _with_money(
    parameters: Parameters,
    block: int,
    folder: Path,
    people: People,
    orders: Orders,
    lines: Lines,
    refunds: Refunds,
    rows: Counter[str],
    legal: Counter[tuple[str, str]],
) -> Mapping[str, np.ndarray]:
    """Writes what has to do with money, and the truth of it by month, whose sums it returns."""
    payments = payments_of(parameters, block, people, orders, refunds)
    shipments = shipments_of(parameters, block, orders, lines)
    contacts = contacts_of(parameters, block, people, orders, refunds)
    loyalty = loyalty_of(parameters, block, people, orders)
    late = late_orders(parameters, block, orders)
    order_rows = orders_table(parameters, block, people, orders, statuses(parameters, orders, payments, shipments))
    shipment_rows = shipments_table(shipments, orders)
    for name, table, is_late, wrong in (
        ("orders", order_rows, late, wrong_order),
        ("order_lines", lines_table(orders, lines), late_lines(late, lines), wrong_line),
        ("shipments", shipment_rows, np.zeros(len(shipment_rows), dtype=bool), wrong_shipment),
    ):
        _write_versions(folder, block, name, versions_of(parameters, block, name, table, is_late, wrong), rows, legal)
    _write(folder, block, "payments", payments_table(payments, orders), rows)
    _write(folder, block, "loyalty_events", loyalty_table(block, loyalty, people), rows)
    _write_with_desk(folder, block, "refunds", refunds_table(refunds, people, orders, lines), RETURNS_DESK, rows)
    _write_with_desk(
        folder, block, "service_contacts", contacts_table(block, contacts, people, orders), HELP_DESK, rows
    )
    table, months = months_truth(parameters, people, orders, lines, refunds, payments, shipments, contacts, loyalty)
    write_parquet(folder / TRUTH / "customer_months" / _part(block), table)
    return months


def _known_customers(parameters: Parameters, block: int, people: People) -> np.ndarray:
    """False for the few customers that no customer file names; never for one that has to do with a merge."""
    forgotten = parameters.random("forgotten customers", block).random(people.customers) < FORGOTTEN_SHARE
    merged = people.merged_into[: people.customers]
    forgotten &= ~people.is_prospect[: people.customers] & (merged == NOBODY)
    forgotten[merged[merged != NOBODY]] = False
    return ~forgotten | parameters.clean


def _part(block: int, kind: str = "part") -> str:
    return f"{kind}-{block:05d}.parquet"


def _write(folder: Path, block: int, name: str, table: pa.Table, rows: Counter[str]) -> None:
    rows[name] += len(table)
    write_parquet(folder / name / _part(block), table)


def _write_versions(
    folder: Path, block: int, name: str, versions: Versions, rows: Counter[str], legal: Counter[tuple[str, str]]
) -> None:
    rows[name] += len(versions.part) + len(versions.late) + len(versions.corrections)
    legal[name, "late"] += len(versions.late)
    legal[name, "corrected"] += len(versions.corrections)
    write_parquet(folder / name / _part(block), versions.part)
    write_parquet(folder / name / _part(block, "late"), versions.late)
    write_parquet(folder / name / _part(block, "corrections"), versions.corrections)


def _write_with_desk(folder: Path, block: int, name: str, table: pa.Table, desk: Path, rows: Counter[str]) -> None:
    """The first block's last rows go to the desk's CSV file; a shop has one such desk, however large it is."""
    rows[name] += len(table)
    by_hand = int(len(table) * DESK_ROWS) if block == 0 else 0
    if block == 0:
        write_csv(folder / desk, table.slice(len(table) - by_hand))
    write_parquet(folder / name / _part(block), table.slice(0, len(table) - by_hand))


def count_lines(parameters: Parameters, block: int) -> int:
    """How many order lines a block has, without writing it."""
    _, lines = orders_of(parameters, block, people_of(parameters, block))
    return len(lines.order)
