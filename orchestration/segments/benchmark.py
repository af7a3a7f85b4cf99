"""How long segments take: `python -m orchestration.segments.benchmark`.

The rules' own compiled SQL on a generated shop, in a DuckDB file of two threads: tonight alone, and with one past month
end. Prints a line per stage, and writes warehouses/bench.json: seconds, peak memory, customers a second.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np

from orchestration import compiled
from orchestration.asked import a_count
from orchestration.lifetime_value.benchmark import ACQUISITION_DAYS, DAYS, FIRST_DAY, MEMORY, SHOP, TRUTH
from orchestration.lifetime_value.simulation import simulate
from orchestration.paths import PROJECT

ASKED = ("customer_rfm", "customer_abc", "customer_pyramid", "customer_habits", "customer_lifecycle",
         "customer_segments_monthly", "segments_tonight", "customer_clusters", "customer_premium", "premium_traits",
         "lifecycle_cuts", "segment_models")  # fmt: skip

GIVEN = """
create or replace table {dim_as_of} as select last_day(max(ordered_on)) as as_of_date,
    cast(date_trunc('month', max(ordered_on)) as date) as as_of_month from {fct_orders};
create or replace table {dim_months} as select distinct cast(date_trunc('month', ordered_on) as date) as month
    from {fct_orders};
create or replace table {fct_customers_first_seen} as select customer_id, min(ordered_on) as first_seen_on
    from {fct_orders} group by customer_id;
create or replace table {dim_customers} as select customer_id, cast(null as varchar) as country,
    cast(null as varchar) as region, case when hash(customer_id) % 3 = 0 then '25-34' else '35-44' end as age_band,
    cast(null as varchar) as gender, cast(null as varchar) as income_band, cast(null as varchar) as education,
    case when hash(customer_id) % 5 = 0 then 'referral' else 'search' end as acquisition_channel
    from {fct_customers_first_seen};
create or replace table {fct_order_lines} as select order_id, customer_id, ordered_on,
    'p' || hash(order_id) % 500 as product_id, false as is_charge from {fct_orders};
create or replace table {customer_profit_monthly} as select 'customer' as profit_owner, customer_id,
    cast(date_trunc('month', ordered_on) as date) as month, sum(amount) as net_sales,
    cast(sum(amount) * 0.3 - 5 as decimal(18, 2)) as contribution_2 from {fct_orders} group by all;
create or replace table {fct_orders_cancelled_later} as
    select customer_id, order_id, ordered_on, sales_channel, ordered_on as cancelled_on from {fct_orders} limit 0;
create or replace table {fct_entries_known_otherwise} as select customer_id, ordered_on as month, '' as statement_line,
    amount, ordered_on as known_from, ordered_on as known_until from {fct_orders} limit 0;
create or replace table {fct_pool_costs_known_otherwise} as
    select ordered_on as as_of_date, customer_id, ordered_on as month, '' as statement_line, amount
    from {fct_orders} limit 0;
create or replace table {fct_bad_debt_known_otherwise} as
    select ordered_on as as_of_date, customer_id, ordered_on as month, '' as statement_line, amount
    from {fct_orders} limit 0;
"""
"""What the rules read, made from the orders. Nothing was cancelled or paid later: it would be some hundred rows."""


def measure(customers: int, folder: Path, tell: Callable[[str], None] = print) -> dict[str, dict[str, float]]:
    """Seconds, megabytes at the peak and customers a second: tonight's segments, and what one month end more takes."""
    project = compiled.compile_project(SHOP)
    model, buying, spending = TRUTH
    purchases = simulate(
        model, buying, spending, customers=customers, acquisition_days=ACQUISITION_DAYS, days=DAYS, seed=1
    )
    tell(f"{customers:,} customers with {purchases.day.size:,} orders")
    relations = {name: node.relation for name, node in project.nodes.items()}
    with duckdb.connect(str(folder / f"{compiled.CATALOG}.duckdb")) as connection:
        for statement in (*compiled.SETTINGS, "set threads = 2", "set preserve_insertion_order = false"):
            connection.execute(statement)
        connection.execute(f"set memory_limit = '{MEMORY}'")
        for schema in sorted({node.schema for node in project.nodes.values()}):
            connection.execute(f"create schema if not exists {schema}")
        connection.register(
            "purchases",
            {"customer": purchases.customer, "day": purchases.day.astype(np.int32), "value": purchases.value},
        )
        connection.execute(
            f"create table {relations['fct_orders']} as select 'o' || row_number() over () as order_id, "
            f"'c' || customer as customer_id, date '{FIRST_DAY}' + day as ordered_on, true as is_counted, "
            "case when day % 3 = 0 then 'store' else 'web' end as sales_channel, "
            "cast(value as decimal(18, 2)) as amount, amount as gross_sales, cast(0 as decimal(18, 2)) as discounts, "
            "1 as goods_line_count, row_number() over (partition by customer order by day) as order_number "
            "from purchases"
        )
        connection.unregister("purchases")
        del purchases
        connection.execute(GIVEN.format(**relations))
        asked = project.upstream_of(*ASKED)
        seeds = [name for name in asked if project.nodes[name].kind == "seed"]
        rules = [name for name in asked if project.nodes[name].schema == "segmentation" or name in ASKED]
        compiled.build(connection, project, seeds)
        seconds = {}
        for stage, more in (("tonight", 0), ("tonight_and_a_month_end", 1)):
            compiled.build(connection, project, ["dim_segment_days"])
            connection.execute(
                f"delete from {relations['dim_segment_days']} where not is_tonight and as_of_date not in (select "
                f"as_of_date from {relations['dim_segment_days']} where not is_tonight order by 1 desc limit {more})"
            )
            began = time.perf_counter()
            for name in rules:
                one = time.perf_counter()
                compiled.build(connection, project, [name])
                tell(f"  {name:32} {time.perf_counter() - one:6.1f} s")
            seconds[stage] = time.perf_counter() - began
            tell(f"{stage}: {seconds[stage]:.1f} s")
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    stages = {
        "tonight": seconds["tonight"],
        "month_end_more": seconds["tonight_and_a_month_end"] - seconds["tonight"],
    }
    return {
        stage: {"seconds": round(taken, 2), "peak_mb": peak, "rows_per_second": round(customers / max(taken, 0.01))}
        for stage, taken in stages.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.segments.benchmark", description=__doc__)
    parser.add_argument("--customers", type=a_count, default=1_000_000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.customers, Path(folder))
    for stage, figures in found.items():
        print(f"segments of {asked.customers:,} customers, {stage.replace('_', ' ')}: {figures['seconds']:.1f} s")
    file = PROJECT / "warehouses" / "bench.json"
    file.parent.mkdir(exist_ok=True)
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    stages = {f"segments.{asked.customers}.{stage}": figures for stage, figures in found.items()}
    file.write_text(json.dumps(before | stages, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
