"""A small random shop that arrives in several nights, as rows do: late, twice, corrected, out of order."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from oracle.shops import PLANS, Row, Shop, make
from orchestration import compiled

BUSY_NIGHTS = 5
"""The first, and others in which everything comes and is corrected, but for one of them."""

CALM_NIGHTS = {"customers": "merged_into_customer_id", "service_contacts": "order_id"}
"""Then a night each in which one table alone says a column otherwise: what was used goes from one customer to another,
or from one order to another of the same customer, and no sum of a month moves with it."""

NIGHTS = BUSY_NIGHTS + len(CALM_NIGHTS)

CHANGED = ("cost_rates", "pool_rules", "payment_fee_rates", "margin_assumptions", "charge_codes")
"""Settings that may become other ones."""

CORRECTED = {
    "orders": ("shipping_charged", "discount_amount", "customer_id", "ordered_at", "status"),
    "order_lines": ("quantity", "unit_price", "product_id"),
    "payments": ("amount", "status", "order_id"),
    "shipments": ("parcels", "shipping_cost"),
    "refunds": ("refund_amount", "refunded_at"),
    "customers": ("merged_into_customer_id", "created_at", "acquisition_channel"),
    "fx_rates": ("rate_to_reporting",),
    "product_costs": ("unit_cost",),
    "products": ("unit_cost",),
    "cost_pools": ("amount",),
    "marketing_spend": ("amount",),
    "service_contacts": ("handle_minutes", "order_id"),
    "loyalty_events": ("cost_amount",),
}
"""Columns that a later version of a row says otherwise: with what another row of the table says."""


@dataclass(frozen=True)
class Night:
    """What has been landed by then, and the settings that hold then."""

    rows: dict[str, list[Row]]
    settings: dict[str, list[Row]]


def nights_of(shop: Shop, seed: int) -> list[Night]:
    """All rows of the shop by the last night, and what was said again.

    Most rows come in the first night, so that of what comes later each changes something by itself. One night brings no
    row, but other settings: those of another shop, from then on. The last ones are calm (CALM_NIGHTS).
    """
    draw = random.Random(seed)
    nights: list[dict[str, list[Row]]] = [{} for _ in range(NIGHTS)]

    def bring(night: int, table: str, row: Row) -> None:
        nights[night].setdefault(table, []).append({**row, "load_id": str(night + 1)})

    quiet = draw.randrange(1, BUSY_NIGHTS)
    busy = [night for night in range(1, BUSY_NIGHTS) if night != quiet]
    said_last: dict[str, list[Row]] = {}
    for table, rows in shop.rows.items():
        said_last[table] = list(rows)
        for place, row in enumerate(rows):
            night = 0 if draw.random() < 0.85 else draw.choice(busy)
            bring(night, table, row)
            if draw.random() < 0.04:
                bring(draw.choice(busy), table, row)
            later = [one for one in busy if one > night]
            if later and table in CORRECTED and draw.random() < 0.4:
                column = draw.choice(CORRECTED[table])
                other = draw.choice(shop.rows[table]).get(column)
                said_last[table][place] = {**row, column: other, "updated_at": None}
                bring(draw.choice(later), table, said_last[table][place])
    for night, (table, column) in enumerate(CALM_NIGHTS.items(), start=BUSY_NIGHTS):
        for row in said_last.get(table, []):
            if draw.random() < 0.3:
                bring(night, table, {**row, column: _elsewhere(draw, shop, table, row), "updated_at": None})
    landed: dict[str, list[Row]] = {}
    states = []
    changed = {**shop.settings, **{name: make(seed + len(PLANS)).settings[name] for name in CHANGED}}
    for place, night in enumerate(nights):
        landed = {table: landed.get(table, []) + night.get(table, []) for table in {**landed, **night}}
        states.append(Night(landed, changed if place >= quiet else shop.settings))
    return states


def _elsewhere(draw: random.Random, shop: Shop, table: str, row: Row) -> object:
    """Another customer, that this one is merged into; or an order of the same customer."""
    if table == "customers":
        return draw.choice(shop.rows[table])["customer_id"]
    orders = [order["order_id"] for order in shop.rows["orders"] if order.get("customer_id") == row["customer_id"]]
    return draw.choice([*orders, None])


def land(connection: duckdb.DuckDBPyConnection, shop: Shop, night: Night, number: int) -> None:
    """The landed tables as they are after this night (from 0); the last load has the stamp of the shop."""
    compiled.create_landed(connection, night.rows, shop.loaded_at.isoformat(" "))
    connection.execute("delete from landed.loads")
    for load in range(number + 1):
        stamp: datetime = shop.loaded_at - timedelta(days=3 * (NIGHTS - 1 - load))
        connection.execute(
            "insert into landed.loads values (?, ?, 'orders', ?, '', 0, 0, 0, 'landed')",
            [load + 1, stamp, f"orders-{load + 1}.csv"],
        )
