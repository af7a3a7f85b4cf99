"""Cells of cohorts and months that are closed: each mart's, with what they say, from the warehouse's own SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import duckdb

from oracle import shops, warehouse

CELLS = {
    ("customer_retention", "is_complete"): (
        "cohort_month, months_since",
        "cohort_customers, active_customers, kept_active_customers, retained_customers, retention_rate, "
        "kept_retention_rate, repeat_share, cumulative_sales_per_customer, cumulative_net_sales_per_customer",
    ),
    ("customer_retention", "is_profit_complete"): ("cohort_month, months_since", "cumulative_profit_per_customer"),
    ("repeat_windows", "is_complete"): (
        "cohort_month, window_days",
        "cohort_customers, observed_customers, repeat_customers, kept_repeat_customers, repeat_share, "
        "kept_repeat_share, sales_per_customer, net_sales_per_customer",
    ),
    ("retention_monthly", "is_complete"): (
        "month",
        "active_before, new_customers, returned_customers, lapsed_customers, active_customers, retention_rate",
    ),
    ("acquisition_payback", "is_complete"): (
        "cohort_month, channel, months_since",
        "cohort_customers, acquisition_cost, cumulative_contribution, recovered_share, paid_back_customers",
    ),
}
"""Each mart with the column that says that a cell is closed: its key, and what is closed by it."""

MARTS = tuple(dict.fromkeys(mart for mart, _ in CELLS))

Cells = dict[str, dict[tuple, tuple[bool, tuple]]]


def cells(connection: duckdb.DuckDBPyConnection) -> Cells:
    """By mart and mark, each cell by its key: whether it is closed, and what it says."""
    ask = warehouse.asked(connection)
    return {
        f"{mart}.{mark}": {
            tuple(row[: key.count(",") + 1]): (row[key.count(",") + 1], row[key.count(",") + 2 :])
            for row in ask(f"select {key}, {mark}, {told} from marts.{mart}")
        }
        for (mart, mark), (key, told) in CELLS.items()
    }


def in_time(seed: int) -> shops.Shop:
    """The shop of a seed without what these shops tell late of an order: that it is cancelled, sent or paid.

    A cancellation takes the order back from a month that is closed; parcels and payments may come later here than
    profit is given to settle.
    """
    shop = shops.make(seed)
    rows = {name: given for name, given in shop.rows.items() if name not in ("shipments", "payments")}
    rows["orders"] = [row | {"status": "completed", "cancelled_at": None} for row in rows["orders"]]
    return replace(shop, rows=rows)


def closed_before(before: Cells, today: Cells) -> tuple[Counter[str], Counter[str]]:
    """By mart and mark: how many cells were closed already, and how many of these today tells otherwise."""
    closed, otherwise = Counter(), Counter()
    for mart, told in before.items():
        for key, (is_closed, values) in told.items():
            closed[mart] += bool(is_closed)
            otherwise[mart] += bool(is_closed) and today[mart].get(key, (None, None))[1] != values
    return closed, otherwise
