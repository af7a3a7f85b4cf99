"""How long it takes from histories to scores: `python -m orchestration.lifetime_value.benchmark`.

The models' own compiled SQL and Python on a generated shop, in a DuckDB file of two threads. Prints a line per stage,
the best of several rounds, and writes warehouses/bench.json: seconds, peak memory, customers a second. Beside the
histories stands the query that one would write by hand, timed in the same run: on a machine that others use, the ratio
says more than the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np

from orchestration import compiled
from orchestration.asked import a_count
from orchestration.lifetime_value.simulation import Purchases, simulate
from orchestration.paths import PROJECT

TRUTH = ("bg_nbd", (0.25, 4.4, 0.8, 2.4), (6.0, 4.0, 40.0))
"""Close to CDNOW's."""

FIRST_DAY = np.datetime64("2023-01-01")
SHOP = {"shop": "generated"}
"""The vars that the models are compiled with."""

ACQUISITION_DAYS, DAYS = 730, 1095

STAGES = {
    "histories": ("order_values", "purchase_histories"),
    "validation": (
        "purchase_days",
        "later_values",
        "history_cuts",
        "history_spans",
        "past_histories",
        "past_cohorts",
        "past_history_groups",
        "past_spending_groups",
        "judged_histories",
        "past_fits",
        "past_orders_if_alive",
        "past_probabilities_alive",
        "past_rivals",
        "past_scores",
        "lifetime_value_validation",
        "winning_candidate",
    ),
    "groups": ("cohort_groups", "history_groups", "spending_groups"),
    "fit": ("tonights_fits",),
    "scores": ("tonights_orders_if_alive", "tonights_probabilities_alive", "customer_scores"),
    "equity": ("equity_groups", "equity_scores"),
}
"""The models of each stage, in order."""

TO_SCORES = ("histories", "groups", "fit", "scores")
"""From history to scores. What judges past cuts is cached where it is slow, and is shown beside."""

BY_HAND = (
    "create or replace table histories_by_hand as select customer_id, count(distinct ordered_on) - 1 as repeats, "
    "max(ordered_on) - min(ordered_on) as recency_days, (select as_of_date from {dim_as_of}) - min(ordered_on) as "
    "age_days, sum(contribution_2) as total_value from {order_profit} "
    "where customer_id is not null group by customer_id"
)
"""Histories as one would ask for them, without what is known of each order's place among its customer's days."""


def put(
    connection: duckdb.DuckDBPyConnection,
    project: compiled.Project,
    purchases: Purchases,
    first_day: np.datetime64,
    days: int,
) -> None:
    """The tables that histories are made from: orders of these purchases, their customers, the as-of day.

    Nothing is booked on an order after its month.
    """
    compiled.build(connection, project, ["value_candidates", "lifetime_value_rules", "statement_lines"])
    names = ("order_profit", "dim_customers", "dim_as_of", "fct_orders", "fct_order_entries", "fct_order_costs")
    relation = {name: project.nodes[name].relation for name in names}
    connection.register(
        "purchases",
        {"customer": purchases.customer, "day": purchases.day.astype(np.int32), "value": purchases.value},
    )
    connection.execute(
        f"create or replace table {relation['order_profit']} as select "
        "'o' || row_number() over () as order_id, 'c' || customer as customer_id, "
        f"date '{first_day}' + day as ordered_on, day - first_value(day) over days as days_since_first_order, "
        "day - lag(day) over days as days_since_previous_order, cast(value as decimal(18, 2)) as contribution_2 "
        "from purchases window days as (partition by customer order by day)"
    )
    connection.unregister("purchases")
    connection.execute(
        f"create or replace table {relation['fct_orders']} as select order_id, customer_id, ordered_on, "
        "cast(date_trunc('month', ordered_on) as date) as month, days_since_first_order, true as is_counted "
        f"from {relation['order_profit']}"
    )
    for entries in ("fct_order_entries", "fct_order_costs"):
        connection.execute(
            f"create or replace table {relation[entries]} "
            "(order_id varchar, month date, statement_line varchar, amount decimal(18, 2))"
        )
    connection.execute(
        f"create or replace table {relation['dim_customers']} as "
        f"select distinct customer_id, 'shop' as acquisition_channel from {relation['order_profit']}"
    )
    connection.execute(
        f"create or replace table {relation['dim_as_of']} as select date '{first_day}' + {days} as as_of_date, "
        f"cast(date_trunc('month', date '{first_day}' + {days}) as date) as as_of_month"
    )


def measure(
    project: compiled.Project, customers: int, folder: Path, rounds: int = 1, tell: Callable[[str], None] = print
) -> dict[str, dict[str, float]]:
    """Seconds, megabytes at the peak and customers a second of each stage, on a generated shop.

    Stages from history to scores are measured `rounds` times; the best counts. The validation is measured on a second
    night as well, on which nothing has changed: `fits_made_again` is how many of its fits were not taken as kept.
    """
    model, buying, spending = TRUTH
    purchases = simulate(
        model, buying, spending, customers=customers, acquisition_days=ACQUISITION_DAYS, days=DAYS, seed=1
    )
    tell(f"{customers:,} customers with {purchases.day.size:,} purchases")
    found: dict[str, dict[str, float]] = {}
    with (
        duckdb.connect(str(folder / f"{compiled.CATALOG}.duckdb")) as connection,
        mock.patch.dict(os.environ, {"WAREHOUSE_PRIVATE": str(folder)}),
    ):
        for statement in (*compiled.SETTINGS, "set threads = 2", "set preserve_insertion_order = false"):
            connection.execute(statement)
        connection.execute(f"set memory_limit = '{MEMORY}'")
        for schema in sorted({node.schema for node in project.nodes.values()}):
            connection.execute(f"create schema if not exists {schema}")
        put(connection, project, purchases, FIRST_DAY, DAYS)
        del purchases
        for stage, names in STAGES.items():
            steps: dict[str, Callable[[], object]] = {
                name: partial(compiled.build, connection, project, [name]) for name in names
            }
            seconds = _best(steps, rounds if stage in TO_SCORES else 1, tell)
            found[stage] = _figures(seconds, customers)
            tell(f"{stage:12} {seconds:6.1f} s, {found[stage]['peak_mb']:.0f} MB at the peak so far")
            if stage == "validation":
                kept = _when_made(folder)
                again = _best(steps, 1, tell)
                made = len(_when_made(folder).items() - kept.items())
                found["validation again"] = _figures(again, customers) | {"fits_made_again": made}
                tell(f"on a second night {again:6.1f} s: {made} of {len(kept)} fits to past cuts made again")
            if stage == "histories":
                query = BY_HAND.format(**{name: project.nodes[name].relation for name in ("order_profit", "dim_as_of")})
                by_hand = _best({"by hand": partial(connection.execute, query)}, rounds, tell)
                found["histories by hand"] = _figures(by_hand, customers)
                tell(f"             {seconds / by_hand:6.2f} of the time of the query by hand")
    return found


def _best(steps: Mapping[str, Callable[[], object]], rounds: int, tell: Callable[[str], None]) -> float:
    """Seconds of the fastest round of these steps, one after the other; each step is told in each round."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        for name, step in steps.items():
            one = time.perf_counter()
            step()
            tell(f"  {name:32} {time.perf_counter() - one:6.1f} s")
        found.append(time.perf_counter() - began)
    return min(found)


def _when_made(private: Path) -> dict[str, int]:
    """The fits to past cuts that are kept, and when each was written."""
    return {file.name: file.stat().st_mtime_ns for file in (private / "fits" / "past").glob("*.json")}


def _figures(seconds: float, customers: int) -> dict[str, float]:
    """What is written of a stage."""
    return {
        "seconds": round(seconds, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "rows_per_second": round(customers / seconds),
    }


MEMORY = "1200MB"
"""What DuckDB may use: the rest of 2 GB is for the fit and for Python."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.lifetime_value.benchmark", description=__doc__)
    parser.add_argument("--customers", type=a_count, default=1_000_000)
    parser.add_argument("--rounds", type=a_count, default=2, help="how often each stage to the scores is measured")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(compiled.compile_project(SHOP), asked.customers, Path(folder), asked.rounds)
    to_scores = sum(found[stage]["seconds"] for stage in TO_SCORES)
    print(f"history to scores of {asked.customers:,} customers: {to_scores:.1f} s")
    file = PROJECT / "warehouses" / "bench.json"
    file.parent.mkdir(exist_ok=True)
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    stages = {f"lifetime_value.{asked.customers}.{stage}": figures for stage, figures in found.items()}
    file.write_text(json.dumps(before | stages, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
