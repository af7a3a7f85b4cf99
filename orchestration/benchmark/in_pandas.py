"""The chief marts as analysts make them today: pandas, from the same facts; lifetime value by the package `lifetimes`.

Money is a float there, rounded at the end, and a share of a pool is cut in whole cents as it is everywhere here. The
marts have all their columns, and are written as Parquet. What both packages are asked for is what a notebook asks them
for: all rows in memory, one statement after the other.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb

from orchestration import compiled
from orchestration.benchmark import floor
from orchestration.benchmark.engine import connect
from orchestration.paths import Home, in_gigabytes
from orchestration.sql_text import literal

if TYPE_CHECKING:
    import pandas as pd

ENTERED = (
    *("gross_sales", "discounts", "refunds", "cogs", "fulfilment", "payment_fees", "bad_debt", "service", "loyalty"),
    *("retention_marketing", "acquisition_marketing", "overhead", "currency_difference"),
)

LINES_OF_POOLS = {"warehouse": "fulfilment", "returns_handling": "fulfilment", "customer_service": "service"}

READ = {
    "orders": "select * exclude (status, is_cancelled, is_counted, session_id, payment_method, discount_purpose, "
    "order_discount) from core.fct_orders where is_counted",
    "refunds": "select * from core.fct_refunds",
    "returned_goods": "select order_id, customer_id, month, -returned_cogs as cogs, cost_basis "
    "from core.fct_returned_goods",
    "returned_orders": "select order_id, returned_on from core.fct_returned_orders",
    "shipments": "select order_id, customer_id, month, shipping_cost as fulfilment from core.fct_shipments",
    "payments": "select order_id, customer_id, month, lost_month, fee_amount as payment_fees, fee_basis, bad_debt "
    "from core.fct_payments",
    "loyalty": "select customer_id, month, cost_amount as loyalty from core.fct_loyalty_events",
    "winning": "select customer_id, month, amount as acquisition_marketing from core.fct_acquisition_marketing",
    "keeping": "select customer_id, month, amount as retention_marketing from core.fct_retention_marketing",
    "brand": "select null as customer_id, month, amount as acquisition_marketing from core.fct_marketing_spend "
    "where purpose = 'brand'",
    "contacts": "select order_id, customer_id, month, handle_minutes from core.fct_service_contacts",
    "pools": "select * from core.fct_cost_pools",
    "customers": "select customer_id, acquired_month from core.dim_customers",
    "referrals": "select customer_id, referrer_id, share from core.fct_referrals join settings.referral_shares "
    "using (generation)",
    "months": "select month from core.dim_months",
    "as_of": "select as_of_date, as_of_month, rule_value::int as settling_days from core.dim_as_of "
    "join settings.marketing_rules on rule = 'settling_days'",
}
"""What is read, as frames: money as floats, days as timestamps."""

COSTS = ("actual_costs", "standard_costs", "assumed_costs")
"""Costs by how well they are known."""

FOLDER = "by_pandas"
"""Where the marts are written, in the private folder: a Parquet file each."""


FITTED_BY = "orchestration.lifetime_value.tables"
"""What the models in Python import."""


class DoesNotFitError(Exception):
    """What the engine may take does not do for pandas; the message says how much that is."""


def within(memory: str, what: Callable[..., object], *given: object) -> object:
    """Run it in no more memory than the engine may take, such as 6GB. For a process of its own, which stays bounded.

    Raises DoesNotFitError where that does not do.
    """
    most = min(int(in_gigabytes(memory) * 1e9), sys.maxsize)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        return what(*given)
    except (MemoryError, duckdb.OutOfMemoryException):
        raise DoesNotFitError(f"does not do with {memory}") from None


def chief_marts(home: Home, memory: str) -> None:
    """Make the chief marts, with all their columns, and write them as Parquet."""
    with closing(connect(home, memory)) as connection:
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        connection.execute(f"use {compiled.CATALOG}")
        facts = {name: connection.execute(query).df() for name, query in READ.items()}
    as_of = facts["as_of"].iloc[0]
    used = pool_use(facts)
    shares, left_over = pool_shares(used, facts["pools"])
    statement = customer_months(facts, shares)
    company = company_months(statement, facts, left_over)
    marts = {
        "customer_profit_monthly": statement,
        "order_profit": order_profit(facts, used, shares),
        "company_profit_monthly": company,
        "customer_profit": customer_profit(statement, facts, as_of["as_of_month"], company["net_profit"].sum()),
        "customer_retention": retention(facts, statement, as_of),
    }
    folder = home.private / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, mart in marts.items():
        mart.to_parquet(folder / f"{name}.parquet", index=False)


def differences(home: Home, memory: str) -> dict[str, tuple[int, int]]:
    """Of each mart: how many rows pandas and the models have, and how many of them are not the same in both.

    Money is a float in pandas, and compared once it is rounded to the cent.
    """
    with closing(connect(home, memory)) as connection:
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        connection.execute("attach ':memory:' as floor")
        for name in floor.CHIEF:
            file = literal(home.private / FOLDER / f"{name}.parquet")
            columns = connection.execute(f"describe {compiled.CATALOG}.marts.{name}").fetchall()
            typed = ", ".join(_typed(column, data_type) for column, data_type, *_ in columns)
            connection.execute(f"create view floor.{name} as select {typed} from read_parquet({file})")
        return floor.compare(connection, floor.CHIEF)


def _typed(column: str, data_type: str) -> str:
    if data_type.startswith("DECIMAL"):
        return f"round({column}::decimal(28, 6), 2)::{data_type} as {column}"
    return f"{column}::{data_type} as {column}"


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


def statement_of(parts: list[pd.DataFrame], key: list[str], besides: tuple[str, ...] = ()) -> pd.DataFrame:
    """Parts one below the other, added up by key, with the subtotals; `besides` are columns to add up as well."""
    import pandas as pd

    summed = [*ENTERED, *besides]
    frame = pd.concat([part.reindex(columns=[*key, *summed]) for part in parts], ignore_index=True)
    frame = frame.groupby(key, dropna=False)[summed].sum().round(2)
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
    """What the facts of orders put on the lines of the statement, and how well it is known."""
    orders, refunds, returned, paid = (facts[name] for name in ("orders", "refunds", "returned_goods", "payments"))
    of_goods = refunds["refunds"].where(~refunds["is_charge"], 0.0)
    return [
        orders.assign(
            fulfilment=-orders["shipping_charged"],
            payment_fees=orders["commission"],
            order_count=1,
            actual_costs=orders["cogs"] - orders["assumed_cogs"] + orders["commission"],
            assumed_costs=orders["assumed_cogs"],
        ),
        refunds.assign(refunds=of_goods, fulfilment=refunds["shipping_refunded"]),
        returned.assign(**by_basis(-returned["cogs"], returned["cost_basis"])),
        facts["shipments"].assign(actual_costs=facts["shipments"]["fulfilment"]),
        paid.drop(columns="bad_debt").assign(**by_basis(paid["payment_fees"], paid["fee_basis"])),
    ]


def by_basis(costs: pd.Series, basis: pd.Series) -> dict[str, pd.Series]:
    """Costs as a column for each way in which they may be known."""
    return {column: costs.where(basis == column.removesuffix("_costs"), 0.0) for column in COSTS}


def customer_months(facts: dict[str, pd.DataFrame], shares: pd.DataFrame) -> pd.DataFrame:
    """The statement of each customer and month, and how well its costs are known."""
    lost = facts["payments"][["customer_id", "lost_month", "bad_debt"]].rename(columns={"lost_month": "month"})
    winning, keeping = (facts[name][facts[name]["customer_id"].notna()] for name in ("winning", "keeping"))
    parts = [
        *of_facts(facts),
        lost.assign(actual_costs=lost["bad_debt"]),
        facts["loyalty"].assign(actual_costs=facts["loyalty"]["loyalty"]),
        winning.assign(actual_costs=winning["acquisition_marketing"]),
        keeping.assign(actual_costs=keeping["retention_marketing"]),
        with_lines(shares).assign(actual_costs=shares["cents"] / 100),
    ]
    statement = statement_of(parts, ["customer_id", "month"], ("order_count", *COSTS))
    all_costs = statement[list(COSTS)].sum(axis=1)
    known = statement[list(COSTS)].div(all_costs.where(all_costs != 0), axis=0)
    known.columns = [column.replace("_costs", "_cost_share") for column in COSTS]
    owner = statement["customer_id"].notna().map({True: "customer", False: "guests"})
    return statement.drop(columns=list(COSTS)).join(known).assign(profit_owner=owner)


def order_profit(facts: dict[str, pd.DataFrame], used: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The statement of each order, down to the pools, and what the order is."""
    key = ["customer_id", "month", "pool"]
    of_customers = shares.rename(columns={"used": "total"})
    of_orders = shared(used.merge(of_customers, on=key), key, "order_id")
    parts = [*of_facts(facts), facts["payments"][["order_id", "bad_debt"]], with_lines(of_orders)]
    orders = facts["orders"][
        [
            *("order_id", "customer_id", "ordered_at", "ordered_on", "month", "order_number", "days_since_first_order"),
            *("days_since_previous_order", "sales_channel", "delivery_country", "line_count"),
        ]
    ]
    frame = orders.merge(statement_of(parts, ["order_id"]), how="left")
    lines = frame.columns.difference(orders.columns)
    frame[lines] = frame[lines].fillna(0)
    return frame


def company_months(statement: pd.DataFrame, facts: dict[str, pd.DataFrame], left_over: pd.DataFrame) -> pd.DataFrame:
    """The company's statement: what customers and guests have, and what nobody has."""
    lines = left_over["pool"].map(LINES_OF_POOLS).fillna("overhead")
    pools = left_over.assign(**{line: left_over["left_over"].where(lines == line, 0.0) for line in set(lines)})
    nobodys = [facts[name][facts[name]["customer_id"].isna()] for name in ("winning", "keeping", "brand")]
    months = statement_of([statement, pools, *nobodys], ["month"], ("order_count",))
    buyers = facts["orders"].groupby("month")["customer_id"].nunique().rename("customer_count")
    return (
        facts["months"].merge(months, how="left").merge(buyers, left_on="month", right_index=True, how="left").fillna(0)
    )


def customer_profit(
    statement: pd.DataFrame, facts: dict[str, pd.DataFrame], as_of_month: pd.Timestamp, company_profit: float
) -> pd.DataFrame:
    """The statement of each customer: whole, of the last twelve months, and of the twelve before; and what referrers
    get of it.
    """
    import pandas as pd

    months_ago = (as_of_month.year - statement["month"].dt.year) * 12 + as_of_month.month - statement["month"].dt.month
    lines = [*ENTERED, "net_sales", "contribution_1", "contribution_2", "contribution_3", "net_profit"]
    periods = {"": months_ago < 10**6, "_last_12_months": months_ago < 12,
               "_previous_12_months": (months_ago >= 12) & (months_ago < 24)}  # fmt: skip
    summed = [statement[rows].groupby("customer_id")[lines].sum().add_suffix(name) for name, rows in periods.items()]
    orders = facts["orders"].groupby("customer_id")["ordered_on"].agg(["size", "min", "max"])
    orders.columns = ["order_count", "first_order_on", "last_order_on"]
    referred = facts["referrals"].merge(summed[0]["net_profit"].round(2), on="customer_id")
    referred["amount"] = half_up(referred["net_profit"] * referred["share"])
    received = referred.groupby("referrer_id")["amount"].sum().rename("indirect_profit")
    given = referred.groupby("customer_id")["amount"].sum().rename("profit_to_referrers")
    frame = facts["customers"][["customer_id"]].join(
        pd.concat([orders, *summed, received, given], axis=1), on="customer_id"
    )
    money = frame.columns.difference(["customer_id", "first_order_on", "last_order_on"])
    frame[money] = frame[money].fillna(0).round(2)
    frame["margin"] = frame["net_profit"] / frame["net_sales"].where(frame["net_sales"] > 0)
    frame["adjusted_profit"] = (frame["net_profit"] + frame["indirect_profit"] - frame["profit_to_referrers"]).round(2)
    earned = round(company_profit, 2) if company_profit > 0 else float("nan")
    return frame.assign(
        contribution_share=frame["net_profit"] / earned, adjusted_share=frame["adjusted_profit"] / earned
    )


def half_up(amounts: pd.Series) -> pd.Series:
    """Rounded to the cent, half a cent away from zero."""
    return (amounts.abs() * 100 + 0.5 + 1e-7).floordiv(1) / 100 * amounts.gt(0).map({True: 1, False: -1})


def retention(facts: dict[str, pd.DataFrame], statement: pd.DataFrame, as_of: pd.Series) -> pd.DataFrame:
    """Who of each month's new customers is still buying, and what they have brought by then."""
    import pandas as pd

    customers = facts["customers"].dropna().rename(columns={"acquired_month": "cohort_month"})
    key = ["cohort_month", "month"]
    orders = facts["orders"].merge(customers).merge(facts["returned_orders"], how="left", on="order_id")
    orders["is_kept"] = ~(orders["returned_on"] <= orders["month"] + pd.offsets.MonthEnd(0))
    orders["is_second"] = orders["order_number"] == 2
    by_month = orders.groupby([*key, "customer_id"])[["is_kept", "is_second"]].any().reset_index()
    of_last_month = by_month.assign(month=by_month["month"] + pd.offsets.MonthBegin(1), is_retained=True)
    by_month = by_month.merge(of_last_month[["customer_id", "month", "is_retained"]], how="left")
    active = by_month.groupby(key).agg(
        active_customers=("customer_id", "size"), kept_active_customers=("is_kept", "sum"),
        retained_customers=("is_retained", "count"), new_repeaters=("is_second", "sum"),
    )  # fmt: skip
    profits = statement.merge(customers)
    profits["month"] = profits[key].max(axis=1)
    profits["sales"] = profits["gross_sales"] - profits["discounts"]
    money = profits.groupby(key)[["sales", "net_sales", "net_profit"]].sum()
    sizes = customers.groupby("cohort_month").size().rename("cohort_customers")
    grid = pd.MultiIndex.from_product([sizes.index, facts["months"]["month"].sort_values()])
    grid = grid[grid.get_level_values(1) >= grid.get_level_values(0)].rename(key)
    cells = pd.concat([active, money], axis=1).reindex(grid).fillna(0).join(sizes, on="cohort_month")
    so_far = cells.groupby(level=0)[["new_repeaters", "sales", "net_sales", "net_profit"]].cumsum()
    so_far = so_far.div(cells["cohort_customers"], axis=0)
    cells = cells.drop(columns=["new_repeaters", "sales", "net_sales", "net_profit"]).reset_index()
    cohort, month = cells["cohort_month"].dt, cells["month"].dt
    month_end = cells["month"] + pd.offsets.MonthEnd(0)
    return cells.assign(
        months_since=(month.year - cohort.year) * 12 + month.month - cohort.month,
        retention_rate=cells["active_customers"] / cells["cohort_customers"],
        kept_retention_rate=cells["kept_active_customers"] / cells["cohort_customers"],
        repeat_share=so_far["new_repeaters"].to_numpy(),
        cumulative_sales_per_customer=so_far["sales"].to_numpy(),
        cumulative_net_sales_per_customer=so_far["net_sales"].to_numpy(),
        cumulative_profit_per_customer=so_far["net_profit"].to_numpy(),
        is_complete=month_end <= as_of["as_of_date"],
        is_profit_complete=month_end + pd.Timedelta(days=as_of["settling_days"]) <= as_of["as_of_date"],
    )


def lifetime_values(home: Home, memory: str) -> dict[str, tuple[float, float]]:
    """BG/NBD and Gamma-Gamma by `lifetimes`, fitted to what orders earned, and a year's value of each customer.

    Returns by both, lifetimes first and the models second: how many customers have a value, and what all of them are
    expected to order and to bring.
    """
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    with closing(connect(home, memory)) as connection:
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        connection.execute(f"use {compiled.CATALOG}")
        orders = connection.execute(
            "select customer_id, ordered_on, contribution_2::double as earned "
            "from marts.order_profit where customer_id is not null"
        ).df()
        (as_of,) = connection.execute("select as_of_date from core.dim_as_of").fetchone()
        scored = connection.execute(
            "select count(*), sum(expected_orders_365d), sum(value_365d) "
            "from predictions.customer_scores semi join predictions.purchase_histories using (customer_id)"
        ).fetchone()
    summary = summary_data_from_transaction_data(
        orders, "customer_id", "ordered_on", "earned", observation_period_end=as_of
    )
    summary[["recency", "T"]] /= 7
    buying = BetaGeoFitter()
    buying.fit(summary["frequency"], summary["recency"], summary["T"])
    repeaters = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    spending = GammaGammaFitter()
    spending.fit(repeaters["frequency"], repeaters["monetary_value"])
    expected = buying.conditional_expected_number_of_purchases_up_to_time(
        365 / 7, summary["frequency"], summary["recency"], summary["T"]
    )
    values = expected * spending.conditional_expected_average_profit(
        summary["frequency"], summary["monetary_value"].clip(lower=0)
    )
    found = values.notna().sum(), expected.sum(), values.sum()
    return {
        what: (float(one), float(other))
        for what, one, other in zip(("customers", "orders", "value"), found, scored, strict=True)
    }
