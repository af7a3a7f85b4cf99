"""The floor: the same marts by DuckDB queries that a person wrote for one shop and its settings.

Both start from the same facts. The queries know the demo shop's seven pools by name and by their rates, keep
everything wide, and store nothing that nobody reads; the models take any pools, drivers and rates, and store each step.
So the ratio says what it costs to be general.

CHIEF are the marts of which time is compared, with all their columns. BESIDES are compared by value alone, since the
models do more there: RFM and ABC of 24 past month ends beside tonight's, and of lifetime value the predictions, judged
on past cuts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import duckdb

from orchestration import compiled
from orchestration.benchmark.engine import connect
from orchestration.paths import Home
from orchestration.sql_text import literal

FACTS = (
    "fct_orders",
    "fct_order_lines",
    "fct_refunds",
    "fct_returned_goods",
    "fct_returned_orders",
    "fct_payments",
    "fct_shipments",
    "fct_loyalty_events",
    "fct_service_contacts",
    "fct_charges",
    "fct_cost_pools",
    "fct_marketing_spend",
    "fct_acquisition_marketing",
    "fct_retention_marketing",
    "fct_standard_payment_fees",
    "dim_as_of",
    "dim_months",
    "dim_customers",
    "fct_referrals",
    "referral_shares",
    "marketing_rules",
)
"""What both start from."""

CHIEF = ("customer_profit_monthly", "order_profit", "company_profit_monthly", "customer_profit", "customer_retention")
"""The marts by hand, in the order in which they can be made; `pools` comes before them."""

BESIDES = ("customer_segments", "customer_lifetime_value")

KEYS = {
    "customer_profit_monthly": ("customer_id", "month"),
    "order_profit": ("order_id",),
    "customer_profit": ("customer_id",),
    "company_profit_monthly": ("month",),
    "customer_retention": ("cohort_month", "month"),
    "customer_rfm": ("customer_id",),
    "customer_abc": ("customer_id",),
    "customer_lifetime_value": ("customer_id",),
}
"""Each table by hand, and what tells its rows apart."""

OTHERS = {"customer_profit_monthly": "profit_owner in ('customer', 'guests')"}
"""Which rows of a mart the table by hand has, where it has not all: nobody's costs are in the company's statement."""

FILE = "by_hand.duckdb"


def build(home: Home, memory: str, names: tuple[str, ...]) -> None:
    """Make these tables by hand, into a file of their own."""
    with closing(connect(home, memory)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        connection.execute(f"attach {literal(home.private / FILE)} as floor")
        make(connection, names)


def make(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
    """The same, where `warehouse` and `floor` are attached already."""
    for name in names:
        connection.execute(Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8"))


def differences(home: Home, memory: str) -> dict[str, tuple[int, int]]:
    """Of each table by hand: how many rows it and the mart have, and how many of them are not the same in both."""
    with closing(connect(home, memory)) as connection:
        connection.execute(f"attach {literal(home.warehouse)} as {compiled.CATALOG} (read_only)")
        connection.execute(f"attach {literal(home.private / FILE)} as floor (read_only)")
        return compare(connection)


def compare(connection: duckdb.DuckDBPyConnection, tables: Iterable[str] = tuple(KEYS)) -> dict[str, tuple[int, int]]:
    """The same of these tables, where both are attached already. A row that is missing in one of them differs.

    Ratios are doubles of sums that are the same to the cent; a difference beyond the tenth digit counts.
    """
    found = {}
    for table in tables:
        columns = connection.execute(f"describe floor.{table}").fetchall()
        same_key = " and ".join(f"models.{column} is not distinct from by_hand.{column}" for column in KEYS[table])
        unequal = " or ".join(_unequal(name, data_type) for name, data_type, *_ in columns)
        found[table] = connection.execute(
            f"select count(*), count(*) filter (where {unequal}) "
            f"from (select * from {compiled.CATALOG}.marts.{table} where {OTHERS.get(table, 'true')}) as models "
            f"full outer join floor.{table} as by_hand on {same_key}"
        ).fetchone()
    return found


def _unequal(name: str, data_type: str) -> str:
    if data_type != "DOUBLE":
        return f"models.{name} is distinct from by_hand.{name}"
    difference = f"abs(coalesce(models.{name}, 1e300) - coalesce(by_hand.{name}, 1e300))"
    return f"{difference} > 1e-10 * coalesce(abs(models.{name}), 1)"
