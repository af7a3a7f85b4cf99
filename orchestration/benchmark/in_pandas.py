"""The chief marts as analysts make them today: pandas, from the same facts; lifetime value by the `lifetimes` package.

Money is a float there, rounded at the end, and a share of a pool is cut in whole cents as it is everywhere here. What
both packages are asked for is what a notebook asks them for: all rows in memory, one statement after the other.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from orchestration import compiled
from orchestration.benchmark.engine import connect
from orchestration.paths import Home
from orchestration.sql_text import literal

if TYPE_CHECKING:
    import pandas as pd

ENTERED = (
    *("gross_sales", "discounts", "refunds", "cogs", "fulfilment", "payment_fees", "bad_debt", "service", "loyalty"),
    *("retention_marketing", "acquisition_marketing", "overhead", "currency_difference"),
)

LINES_OF_POOLS = {"warehouse": "fulfilment", "returns_handling": "fulfilment", "customer_service": "service"}

READ = {
    "orders": "select * exclude (ordered_at, session_id) from core.fct_orders where is_counted",
    "refunds": "select * from core.fct_refunds",
    "returned_goods": "select order_id, customer_id, month, -returned_cogs as cogs from core.fct_returned_goods",
    "returned_orders": "select order_id, returned_on from core.fct_returned_orders",
    "shipments": "select order_id, customer_id, month, shipping_cost as fulfilment from core.fct_shipments",
    "payments": "select order_id, customer_id, month, lost_month, fee_amount as payment_fees, bad_debt "
    "from core.fct_payments",
    "loyalty": "select customer_id, month, cost_amount as loyalty from core.fct_loyalty_events",
    "winning": "select customer_id, month, amount as acquisition_marketing from core.fct_acquisition_marketing",
    "keeping": "select customer_id, month, amount as retention_marketing from core.fct_retention_marketing",
    "brand": "select null as customer_id, month, amount as acquisition_marketing from core.fct_marketing_spend "
    "where purpose = 'brand'",
    "contacts": "select order_id, customer_id, month, handle_minutes from core.fct_service_contacts",
    "pools": "select * from core.fct_cost_pools",
    "customers": "select customer_id, acquired_month from core.dim_customers",
    "months": "select month from core.dim_months",
}
"""What is read, as frames: money as floats, days as timestamps."""


BYTES = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}


class DoesNotFitError(Exception):
    """What the engine may take does not do for pandas; the message says how much that is."""


def within(memory: str, what: Callable[..., object], *given: object) -> object:
    """Run it in no more memory than the engine may take, such as 6GB. For a process of its own, which stays bounded.

    Raises DoesNotFitError where that does not do.
    """
    number, unit = re.fullmatch(r"([\d.]+) ?([MG]i?B)", memory).groups()
    most = int(float(number) * BYTES[unit])
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        return what(*given)
    except (MemoryError, duckdb.OutOfMemoryException):
        raise DoesNotFitError(f"does not do with {memory}") from None


@dataclass
class Told:
    """What pandas found: net profit of the company, customers, and how many customer-months there are."""

    net_profit: float
    customers: int
    customer_months: int


def chief_marts(home: Home, memory: str) -> Told:
    """Make the chief marts, and hand back what shows that they are the same."""
    with closing(connect(home, memory)) as connection:
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        connection.execute(f"use {compiled.CATALOG}")
        facts = {name: connection.execute(query).df() for name, query in READ.items()}
        as_of_month = connection.execute("select as_of_month from core.dim_as_of").df().iloc[0, 0]
    used = pool_use(facts)
    shares, left_over = pool_shares(used, facts["pools"])
    statement = customer_months(facts, shares)
    of_orders = order_profit(facts, used, shares)
    of_customers = customer_profit(statement, facts, as_of_month)
    company = company_months(statement, facts, left_over)
    grid = retention(facts, statement)
    if len(of_orders) != len(facts["orders"]) or grid.empty:
        raise ValueError(f"{len(of_orders)} of {len(facts['orders'])} orders, {len(grid)} cells of cohorts")
    return Told(round(float(company["net_profit"].sum()), 2), len(of_customers), len(statement))


def pool_use(facts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What each order used of each pool, in whole ten-thousandths."""
    import pandas as pd

    key = ["order_id", "customer_id", "month"]
    orders, refunds = facts["orders"], facts["refunds"]
    used = {
        "warehouse": orders[key].assign(used=40_000 + orders["goods_line_count"] * 7_000),
        "it_platform": orders[key].assign(used=1),
        "rent": orders[key].assign(used=orders["goods_quantity"] * 1_000),
        "administration": orders[key].assign(used=orders["goods_sales"] * 100),
        "product_development": orders[key].assign(used=orders["goods_sales"] * 100),
        "returns_handling": refunds.loc[~refunds["is_charge"] & ~(refunds["quantity"] <= 0), key].assign(used=85_000),
    }
    contacts = facts["contacts"].merge(orders[["order_id", "customer_id"]].assign(is_theirs=True), how="left")
    contacts["order_id"] = contacts["order_id"].where(contacts["is_theirs"].notna())
    used["customer_service"] = contacts[key].assign(used=contacts["handle_minutes"] * 10_000)
    frame = pd.concat([part.assign(pool=pool) for pool, part in used.items()], ignore_index=True)
    frame["used"] = frame["used"].round().astype("int64")
    return frame[frame["used"] > 0].groupby([*key, "pool"], dropna=False, as_index=False)["used"].sum()


def pool_shares(used: pd.DataFrame, pools: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each customer bears of each pool, in cents; and by month and pool what is left of it."""
    customers = used.groupby(["customer_id", "month", "pool"], dropna=False, as_index=False)["used"].sum()
    totals = customers.groupby(["month", "pool"], as_index=False)["used"].sum().rename(columns={"used": "total"})
    totals = pools.merge(totals, how="left").fillna({"total": 0})
    totals["ledger"] = (totals["amount"] * 100).round().astype("int64")
    by_capacity = totals["ledger"] * totals["total"] / (totals["practical_capacity"] * 10_000)
    assigned = (by_capacity + 0.5).fillna(totals["ledger"]) // 1
    totals["cents"] = assigned.where(totals["total"] > 0, 0).astype("int64")
    totals["left_over"] = (totals["ledger"] - totals["cents"]) / 100
    shares = shared(customers.merge(totals[["month", "pool", "total", "cents"]]), ["month", "pool"], "customer_id")
    return shares, totals[["month", "pool", "left_over"]]


def shared(frame: pd.DataFrame, within: list[str], tie_break: str) -> pd.DataFrame:
    """Cut `cents` by `used` of `total` within groups, by the largest remainder; replaces `cents` by the share."""
    frame = frame.astype({"total": "int64"})
    frame["whole"] = frame["cents"] * frame["used"] // frame["total"]
    frame["remainder"] = frame["cents"] * frame["used"] % frame["total"]
    frame = frame.sort_values([*within, "remainder", tie_break], ascending=[*[True] * len(within), False, True])
    groups = frame.groupby(within, dropna=False)
    frame["cents"] = frame["whole"] + (groups.cumcount() < frame["cents"] - groups["whole"].transform("sum"))
    return frame.drop(columns=["whole", "remainder", "total"])


def with_lines(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of pools as a column a line of the statement."""
    lines = shares["pool"].map(LINES_OF_POOLS).fillna("overhead")
    return shares.assign(**{line: (shares["cents"] / 100).where(lines == line, 0.0) for line in set(lines)})


def statement_of(parts: list[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    """Parts one below the other, added up by key, with the subtotals."""
    import pandas as pd

    frame = pd.concat([part.reindex(columns=[*key, *ENTERED]) for part in parts], ignore_index=True)
    frame = frame.groupby(key, dropna=False)[list(ENTERED)].sum().round(2)
    frame = frame[(frame != 0).any(axis=1)]
    frame["net_sales"] = frame["gross_sales"] - frame["discounts"] - frame["refunds"]
    frame["contribution_1"] = frame["net_sales"] - frame["cogs"]
    frame["contribution_2"] = frame["contribution_1"] - frame[["fulfilment", "payment_fees", "bad_debt"]].sum(axis=1)
    frame["contribution_3"] = frame["contribution_2"] - frame[
        ["service", "loyalty", "retention_marketing", "acquisition_marketing"]
    ].sum(axis=1)
    frame["net_profit"] = frame["contribution_3"] - frame[["overhead", "currency_difference"]].sum(axis=1)
    return frame.round(2).reset_index()


def of_facts(facts: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """What the facts of orders put on the lines of the statement."""
    orders, refunds = facts["orders"], facts["refunds"]
    of_goods = refunds["refunds"].where(~refunds["is_charge"], 0.0)
    return [
        orders.assign(fulfilment=-orders["shipping_charged"], payment_fees=orders["commission"]),
        refunds.assign(refunds=of_goods, fulfilment=refunds["shipping_refunded"]),
        facts["returned_goods"],
        facts["shipments"],
        facts["payments"].drop(columns="bad_debt"),
    ]


def customer_months(facts: dict[str, pd.DataFrame], shares: pd.DataFrame) -> pd.DataFrame:
    """The statement of each customer and month."""
    payments = facts["payments"]
    parts = [
        *of_facts(facts),
        payments[["customer_id", "lost_month", "bad_debt"]].rename(columns={"lost_month": "month"}),
        facts["loyalty"],
        *(facts[name][facts[name]["customer_id"].notna()] for name in ("winning", "keeping")),
        with_lines(shares),
    ]
    return statement_of(parts, ["customer_id", "month"])


def order_profit(facts: dict[str, pd.DataFrame], used: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The statement of each order, down to the pools."""
    key = ["customer_id", "month", "pool"]
    of_customers = shares.rename(columns={"used": "total"})
    of_orders = shared(used.merge(of_customers, on=key), key, "order_id")
    parts = [*of_facts(facts), facts["payments"][["order_id", "bad_debt"]], with_lines(of_orders)]
    return facts["orders"][["order_id"]].merge(statement_of(parts, ["order_id"]), how="left")


def customer_profit(statement: pd.DataFrame, facts: dict[str, pd.DataFrame], as_of_month: pd.Timestamp) -> pd.DataFrame:
    """The statement of each customer: whole, of the last twelve months, and of the twelve before."""
    import pandas as pd

    months_ago = (as_of_month.year - statement["month"].dt.year) * 12 + as_of_month.month - statement["month"].dt.month
    lines = list(statement.columns[2:])
    periods = {"": months_ago < 10**6, "_last_12_months": months_ago < 12,
               "_previous_12_months": (months_ago >= 12) & (months_ago < 24)}  # fmt: skip
    summed = [statement[rows].groupby("customer_id")[lines].sum().add_suffix(name) for name, rows in periods.items()]
    orders = facts["orders"].groupby("customer_id")["ordered_on"].agg(["count", "min", "max"])
    frame = pd.concat([facts["customers"].set_index("customer_id"), orders, *summed], axis=1)
    frame["margin"] = frame["net_profit"] / frame["net_sales"].where(frame["net_sales"] != 0)
    money = [column for column in frame.columns if column.startswith(tuple(lines))]
    frame[money] = frame[money].fillna(0).round(2)
    return frame


def company_months(statement: pd.DataFrame, facts: dict[str, pd.DataFrame], left_over: pd.DataFrame) -> pd.DataFrame:
    """The company's statement: what customers and guests have, and what nobody has."""
    lines = left_over["pool"].map(LINES_OF_POOLS).fillna("overhead")
    pools = left_over.assign(**{line: left_over["left_over"].where(lines == line, 0.0) for line in set(lines)})
    nobodys = [facts[name][facts[name]["customer_id"].isna()] for name in ("winning", "keeping", "brand")]
    months = statement_of([statement, pools, *nobodys], ["month"])
    buyers = facts["orders"].groupby("month")["customer_id"].agg(["size", "nunique"])
    return (
        facts["months"].merge(months, how="left").merge(buyers, left_on="month", right_index=True, how="left").fillna(0)
    )


def retention(facts: dict[str, pd.DataFrame], statement: pd.DataFrame) -> pd.DataFrame:
    """Who of each month's new customers is still buying, and what they have brought by then."""
    import pandas as pd

    customers = facts["customers"].dropna()
    orders = facts["orders"].merge(customers).merge(facts["returned_orders"], how="left", on="order_id")
    orders["is_kept"] = ~(orders["returned_on"] <= orders["month"] + pd.offsets.MonthEnd(0))
    orders["is_second"] = orders["order_number"] == 2
    by_month = orders.groupby(["acquired_month", "month", "customer_id"])[["is_kept", "is_second"]].any().reset_index()
    active = by_month.groupby(["acquired_month", "month"]).agg(
        active=("customer_id", "size"), kept=("is_kept", "sum"), repeaters=("is_second", "sum")
    )
    profits = statement.merge(customers)
    profits["month"] = profits[["month", "acquired_month"]].max(axis=1)
    money = profits.groupby(["acquired_month", "month"])[["gross_sales", "net_sales", "net_profit"]].sum()
    sizes = customers.groupby("acquired_month").size().rename("customers")
    grid = pd.MultiIndex.from_product([sizes.index, facts["months"]["month"].sort_values()])
    grid = grid[grid.get_level_values(1) >= grid.get_level_values(0)].rename(["acquired_month", "month"])
    cells = pd.concat([active, money], axis=1).reindex(grid, fill_value=0).fillna(0)
    so_far = cells.groupby(level=0).cumsum().div(sizes, axis=0, level=0)
    return cells.assign(rate=cells["active"].div(sizes, axis=0, level=0)).join(so_far.add_suffix("_per_customer"))


def lifetime_values(home: Home, memory: str) -> int:
    """BG/NBD and Gamma-Gamma by `lifetimes`, and a year's value of each customer. Returns how many have one."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    with closing(connect(home, memory)) as connection:
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        orders = connection.execute(
            f"select customer_id, ordered_on, greatest(gross_sales - discounts, 0.01) as sales "
            f"from {compiled.CATALOG}.core.fct_orders where is_counted and customer_id is not null"
        ).df()
    summary = summary_data_from_transaction_data(orders, "customer_id", "ordered_on", "sales")
    summary[["recency", "T"]] /= 7
    buying = BetaGeoFitter()
    buying.fit(summary["frequency"], summary["recency"], summary["T"])
    repeaters = summary[summary["frequency"] > 0]
    spending = GammaGammaFitter()
    spending.fit(repeaters["frequency"], repeaters["monetary_value"])
    expected = buying.conditional_expected_number_of_purchases_up_to_time(
        52, summary["frequency"], summary["recency"], summary["T"]
    )
    values = expected * spending.conditional_expected_average_profit(summary["frequency"], summary["monetary_value"])
    return int(values.notna().sum())
