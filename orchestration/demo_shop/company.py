"""What belongs to the company and to no customer: rates of exchange, cost pools."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.days import CURRENCIES, business_day_rates, days_of
from orchestration.demo_shop.parameters import Parameters

MINUTE = 1_000
"""Service minutes are counted in thousandths."""
PLANNED_SHARE = 0.55
"""Of a pool that follows work, what was planned on the average of all months; the rest follows the month's own work."""

PER_ORDER, PER_LINE, PER_RETURN, PER_MINUTE = 1.60, 0.28, 3.40, 0.95
"""What work costs, in euros, capacity that stands idle included."""
MINUTES_PER_ORDER, MINUTES_PER_LINE, MINUTES_PER_RETURN = 4.0, 0.7, 8.5
"""How long work takes, as in the demo shop's rows of `seeds/settings/cost_rates.csv`."""
BUSY_SHARE = 0.85
"""Of the capacity that was planned, what the planned work takes: nobody works every minute."""
SHARE_OF_SALES = {"it_platform": 0.020, "rent": 0.018, "administration": 0.066, "product_development": 0.015}
"""What is there whatever the month's work, as a share of a year's net sales."""


def fx_rates_table(parameters: Parameters) -> pa.Table:
    """`fx_rates`: on business days only, the reporting currency not among them."""
    dates, rates = business_day_rates(parameters)
    foreign = len(CURRENCIES) - 1
    return columns.input_table(
        "fx_rates",
        {
            "rate_date": columns.day(np.repeat(dates, foreign)),
            "currency": columns.labels(CURRENCIES[1:], np.tile(np.arange(foreign), len(dates))),
            "rate_to_reporting": columns.scaled(rates[:, 1:].reshape(-1), pa.decimal128(20, 8)),
        },
    )


def cost_pools_table(parameters: Parameters, months: Mapping[str, np.ndarray]) -> pa.Table:
    """`cost_pools`: one row per month and pool, from the work of the month (sums of the truth of all blocks)."""
    random, days = parameters.random("cost pools"), days_of(parameters)
    pools = {
        "warehouse": _following(months["order_count"] * PER_ORDER + months["line_count"] * PER_LINE),
        "returns_handling": _following(months["return_count"] * PER_RETURN),
        "customer_service": _following(months["service_minutes"] / MINUTE * PER_MINUTE),
    }
    sales = (months["gross_sales"] - months["discounts"] - months["refunds"]) / money.UNIT
    year = np.arange(days.months) // 12
    by_year = np.bincount(year, weights=sales)[year] / 12
    pools |= {name: by_year * share for name, share in SHARE_OF_SALES.items()}
    capacities = {
        "warehouse": months["order_count"] * MINUTES_PER_ORDER + months["line_count"] * MINUTES_PER_LINE,
        "returns_handling": months["return_count"] * MINUTES_PER_RETURN,
        "customer_service": months["service_minutes"] / MINUTE,
    }
    names = sorted(pools)
    no_capacity = np.full(days.months, -1.0)
    supplied = np.array(
        [_following(capacities[name]) / BUSY_SHARE if name in capacities else no_capacity for name in names]
    ).T.reshape(-1)
    amounts = np.array([pools[name] for name in names]) * random.normal(1.0, 0.025, (len(names), days.months)).clip(
        0.9, 1.1
    )
    return columns.input_table(
        "cost_pools",
        {
            "month": columns.day(np.repeat(days.month_start().astype("datetime64[D]"), len(names))),
            "pool": columns.labels(names, np.tile(np.arange(len(names)), days.months)),
            "amount": columns.money(money.from_float(np.maximum(amounts.T.reshape(-1), 0))),
            "practical_capacity": columns.scaled(
                np.rint(supplied).astype(np.int64) * 1_000, pa.decimal128(20, 3), null=supplied <= 0
            ),
            "currency": columns.constant(CURRENCIES[0], len(names) * days.months),
        },
    )


def _following(work: np.ndarray) -> np.ndarray:
    """Staff and space are planned ahead: a pool follows its work only in part."""
    return PLANNED_SHARE * work.mean() + (1 - PLANNED_SHARE) * work
