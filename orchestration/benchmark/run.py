"""What it costs to build a shop: `make bench LINES=1000000`.

A demo shop of that size is made, landed and built by the models' own SQL (orchestration/compiled.py), stage by stage,
each in a process of its own; where there is a query set written by hand for the same facts, it runs right after, on the
same machine, and the ratio of the two is what counts: seconds of one run say little, ratios hold.

Prints a line a stage, and writes `bench.json` beside the shop: stages with seconds, peak_mb and rows_per_second, and
the named ratios.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from orchestration import compiled
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import PROJECT, Home

STATEMENT = ("customer_profit_monthly",)
"""The mart whose way from the facts is measured against the query set written by hand."""

FACTS = (
    "fct_orders",
    "fct_order_lines",
    "fct_refunds",
    "fct_returned_goods",
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
)
"""What both start from."""

BY_HAND = Path(__file__).with_name("statement.sql")

ROUNDS = 3
"""The statement and the one by hand are built in turn so often; the ratio is that of the medians."""

BELOW_FACTS = ("staging", "settings")

SETTINGS = PROJECT / "seeds" / "settings" / "statement_lines.csv"

NOT_COMPARED = ("retention_marketing", "acquisition_marketing")
"""Lines that the statement by hand has as one, above contribution_3."""


@dataclass(frozen=True)
class Stage:
    """What a stage took. Rows are the order lines of the shop."""

    stage: str
    seconds: float
    peak_mb: int
    rows_per_second: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit code: 1 where the models and the queries by hand differ by a cent."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000, help="order lines of the shop")
    parser.add_argument("--folder", type=Path, default=PROJECT / "warehouses" / "bench", help="where it is built")
    parser.add_argument("--memory", default="6GB", help="what the engine may take")
    asked = parser.parse_args(arguments)
    folder = asked.folder / f"{asked.lines}"
    home = Home((folder / "home").resolve())
    stages: list[Stage] = []

    def run(name: str, what: Callable[..., object], *given: object) -> float:
        seconds, peak_mb = in_a_process(what, *given)
        stage = Stage(name, round(seconds, 2), peak_mb, round(asked.lines / max(seconds, 0.001)))
        stages.append(stage)
        print(
            f"{name:<32}{stage.seconds:>10,.1f} s{stage.peak_mb:>10,} MB{stage.rows_per_second:>14,} rows/s", flush=True
        )
        return seconds

    run("generate", make_shop, folder / "input", asked.lines)
    run("land", land_shop, folder / "input", home)
    home.warehouse.unlink(missing_ok=True)
    shop = json.loads((home.landed / "shop.json").read_text(encoding="utf-8"))
    project = compiled.compile_project({name: value for name, value in shop.items() if name != "connector"})
    facts = project.upstream_of(*FACTS)
    below = [name for name in facts if project.nodes[name].schema in BELOW_FACTS]
    statement = [name for name in project.upstream_of(*STATEMENT) if name not in facts]
    run("staging", build, home, project, below, asked.memory)
    run("facts", build, home, project, [name for name in facts if name not in below], asked.memory)
    ours, by_hand = [], []
    for turn in range(1, ROUNDS + 1):
        ours.append(run(f"statement, {turn}", build, home, project, statement, asked.memory))
        by_hand.append(run(f"statement by hand, {turn}", build_by_hand, home, asked.memory))
    ratios = {"statement_to_hand_written": round(sorted(ours)[ROUNDS // 2] / sorted(by_hand)[ROUNDS // 2], 2)}
    rows, differing = differences(home)
    print(f"statement to hand-written: {ratios['statement_to_hand_written']:.2f}")
    print(f"{rows:,} customer-months compared, {differing:,} differ")
    (folder / "bench.json").write_text(
        json.dumps({"lines": asked.lines, "stages": [asdict(stage) for stage in stages], "ratios": ratios}, indent=2),
        encoding="utf-8",
    )
    return 1 if differing else 0


def in_a_process(what: Callable[..., object], *given: object) -> tuple[float, int]:
    """Seconds that it took, and megabytes that its process had at most, processes of its own included."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (what, given))


def _measured(what: Callable[..., object], given: tuple) -> tuple[float, int]:
    started = time.perf_counter()
    what(*given)
    seconds = time.perf_counter() - started
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return seconds, peak // 1024


def make_shop(folder: Path, lines: int) -> None:
    """The shop's files, where they are not there yet."""
    generate(folder, lines=lines, workers=1, progress=_silent)


def land_shop(folder: Path, home: Home) -> None:
    """Land what is new of them."""
    land(folder, home, progress=_silent)


def build(home: Home, project: compiled.Project, names: Sequence[str], memory: str) -> None:
    """Build these models into the private warehouse."""
    with closing(_connect(home, memory)) as connection:
        compiled.open_warehouse(connection, project, home.warehouse)
        compiled.read_landed(connection, home)
        compiled.build(connection, project, names)


def build_by_hand(home: Home, memory: str) -> None:
    """Build the statement by the queries written by hand, into a file of its own."""
    with closing(_connect(home, memory)) as connection:
        connection.execute(f"attach '{home.warehouse}' as {compiled.CATALOG} (read_only)")
        connection.execute(f"attach '{home.private / 'by_hand.duckdb'}' as floor")
        connection.execute("set enable_progress_bar = false")
        connection.execute(BY_HAND.read_text(encoding="utf-8"))


def differences(home: Home) -> tuple[int, int]:
    """Customer-months of the models (guests as one), and how many of them the statement by hand has otherwise."""
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{home.warehouse}' as {compiled.CATALOG} (read_only)")
        connection.execute(f"attach '{home.private / 'by_hand.duckdb'}' as floor (read_only)")
        return compare(connection)


def compare(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The same, where both are attached already, as `warehouse` and `floor`."""
    with SETTINGS.open(encoding="utf-8", newline="") as file:
        lines = [row["statement_line"] for row in csv.DictReader(file) if row["statement_line"] not in NOT_COMPARED]
    unequal = " or ".join(f"models.{line} is distinct from by_hand.{line}" for line in lines)
    return connection.execute(
        f"""
        select count(*), count(*) filter (where {unequal})
        from warehouse.marts.customer_profit_monthly as models
        left join floor.statement as by_hand
            on models.customer_id is not distinct from by_hand.customer_id and models.month = by_hand.month
        where models.profit_owner in ('customer', 'guests')
        """
    ).fetchone()


def _connect(home: Home, memory: str) -> duckdb.DuckDBPyConnection:
    home.private.mkdir(parents=True, exist_ok=True)
    return duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": 2,
            "preserve_insertion_order": False,
            "temp_directory": str(home.private / "spill"),
        }
    )


def _silent(_: str) -> None:
    """Progress nobody reads."""
