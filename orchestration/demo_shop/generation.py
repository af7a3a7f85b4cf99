"""Makes a demo shop: the blocks in parallel, then the company, the dirt and the truth; put in place in one step."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from orchestration.demo_shop.assortment import ASSORTMENT
from orchestration.demo_shop.blocks import TRUTH, BlockReport, count_lines, make_block
from orchestration.demo_shop.catalogue import product_costs_table, products_table
from orchestration.demo_shop.company import cost_pools_table, fx_rates_table
from orchestration.demo_shop.days import REPORTING_CURRENCY, TIME_ZONE
from orchestration.demo_shop.dirt import Dirty, add_dirt
from orchestration.demo_shop.market import CHANNELS
from orchestration.demo_shop.marketing import spend_table
from orchestration.demo_shop.parameters import SMALL_SHOP, DemoShopError, Parameters
from orchestration.demo_shop.truth import MEASURES
from orchestration.demo_shop.writing import write_csv, write_parquet

BLOCKS_WORTH_A_PROCESS = 4
"""Fewer blocks than this are made in this process: starting others would take longer."""
SAMPLE_BLOCKS = 4
"""Blocks of a small shop drawn to learn how many lines a customer brings."""
FORGOTTEN_PRODUCT = "Porcelain Mug, limited edition"
"""Sold, and in no product file (not in a clean shop); product_costs knows what it cost."""


@dataclass(frozen=True)
class Generation:
    """A shop that is in place."""

    folder: Path
    parameters: Parameters
    rows: dict[str, int]
    was_there: bool

    @property
    def lines(self) -> int:
        """Order lines, good ones."""
        return self.rows["order_lines"]


def generate(
    folder: Path,
    customers: int = 5_000,
    years: int = 3,
    seed: int = 1,
    workers: int | None = None,
    lines: int | None = None,
    clean: bool = False,
    first_year: int = 2023,
    progress: Callable[[str], None] = print,
) -> Generation:
    """Makes the shop of these parameters in `folder`; the same parameters always give the same bytes.

    `lines`, where given, replaces `customers` by as many as bring about so many order lines. `workers` are processes
    (default: one a core for shops of several blocks); they do not change the content. `clean` leaves out all dirty
    rows. Where the folder already holds this generation, nothing is done; another generated shop in it is replaced.
    Raises DemoShopError where the folder holds anything else, or a parameter makes no sense.
    """
    folder = Path(folder).resolve()
    if workers is not None and workers < 1:
        raise DemoShopError(f"workers: {workers} given, expected 1 or more")
    parameters = Parameters(customers, first_year, years, seed, clean)
    if lines is not None:
        parameters = _of_lines(lines, parameters)
    present = _recorded(folder)
    if present is not None and present["parameters"] == parameters.as_json():
        progress(f"{folder} already holds this shop: nothing to do")
        return Generation(folder, parameters, present["rows"], was_there=True)
    if present is None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DemoShopError(
            f"{folder} holds something that is no demo shop: name an empty or new folder, or move that away"
        )
    started = folder.with_name(folder.name + ".tmp")
    for beside in (started, _replaced(folder)):
        if beside.exists() and not (beside / TRUTH).is_dir():
            raise DemoShopError(f"{beside} is in the way and no demo shop: move it away")
    _start(started)
    rows = _make(parameters, started, workers, progress)
    _put_in_place(started, folder)
    progress(
        f"{folder}: {parameters.customers:,} customers, {rows['order_lines']:,} order lines, "
        f"{sum(rows.values()):,} rows in all"
    )
    return Generation(folder, parameters, rows, was_there=False)


def _of_lines(lines: int, parameters: Parameters) -> Parameters:
    """As many customers as bring about so many lines, judged by a sample of this very model."""
    if lines < 1:
        raise DemoShopError(f"lines: {lines} given, expected 1 or more")
    sample = Parameters(SMALL_SHOP, parameters.first_year, parameters.years, parameters.seed)
    drawn = sum(count_lines(sample, block) for block in range(SAMPLE_BLOCKS))
    customers = max(1, round(lines * SAMPLE_BLOCKS * sample.block_size / drawn))
    return Parameters(customers, parameters.first_year, parameters.years, parameters.seed, parameters.clean)


def _recorded(folder: Path) -> dict | None:
    """What a finished generation says of itself; None where the folder holds none."""
    file = folder / TRUTH / "parameters.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def _start(started: Path) -> None:
    """An empty folder to work in; what an interrupted generation left there goes."""
    shutil.rmtree(started, ignore_errors=True)
    (started / TRUTH).mkdir(parents=True)


def _replaced(folder: Path) -> Path:
    """Where a shop waits while another one takes its place."""
    return folder.with_name(folder.name + ".old")


def _put_in_place(started: Path, folder: Path) -> None:
    old = _replaced(folder)
    if old.exists():
        shutil.rmtree(old)
    if folder.exists():
        os.rename(folder, old)
    os.rename(started, folder)
    if old.exists():
        shutil.rmtree(old)


def _make(parameters: Parameters, folder: Path, workers: int | None, progress: Callable[[str], None]) -> dict[str, int]:
    rows: Counter[str] = Counter()
    legal: Counter[tuple[str, str]] = Counter()
    months = dict.fromkeys(MEASURES, 0)
    for done, report in enumerate(_blocks(parameters, folder, workers), start=1):
        rows.update(report.rows)
        legal.update(report.legal)
        months = {name: months[name] + report.months[name] for name in MEASURES}
        if parameters.block_count > 1:
            progress(f"block {done} of {parameters.block_count}: {rows['order_lines']:,} order lines so far")
    rows.update(_write_company(parameters, folder, {name: np.asarray(values) for name, values in months.items()}))
    legal["products", "unknown_product"] = 0 if parameters.clean else 1
    dirty = [] if parameters.clean else add_dirt(parameters, folder, rows)
    _write_shop(parameters, folder)
    _write_truth(parameters, folder, rows, legal, dirty)
    return dict(rows)


def _blocks(parameters: Parameters, folder: Path, workers: int | None) -> Iterator[BlockReport]:
    """Makes all blocks and gives their reports in order, whoever made them."""
    count = parameters.block_count
    if workers is None:
        workers = 1 if count < BLOCKS_WORTH_A_PROCESS else _cores()
    if min(workers, count) == 1:
        yield from (make_block(parameters, block, folder) for block in range(count))
        return
    # A fresh interpreter for each worker: a fork would copy Arrow's threads in whatever state they are.
    with ProcessPoolExecutor(min(workers, count), mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(make_block, [parameters] * count, range(count), [folder] * count)
        except BrokenProcessPool as error:
            raise DemoShopError(
                "a worker process ended before its block was done, most likely for want of memory: "
                f"use fewer than {workers} workers"
            ) from error


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _write_company(parameters: Parameters, folder: Path, months: dict[str, np.ndarray]) -> dict[str, int]:
    products = products_table(parameters)
    if not parameters.clean:
        forgotten = [product.name for product in ASSORTMENT].index(FORGOTTEN_PRODUCT)
        products = products.take([place for place in range(len(products)) if place != forgotten])
    tables = {
        "products": products,
        "product_costs": product_costs_table(parameters),
        "marketing_spend": spend_table(parameters),
    }
    for name, table in tables.items():
        write_parquet(folder / f"{name}.parquet", table)
    by_hand = {"fx_rates": fx_rates_table(parameters), "cost_pools": cost_pools_table(parameters, months)}
    for name, table in by_hand.items():
        write_csv(folder / f"{name}.csv", table)
    return {name: len(table) for name, table in (tables | by_hand).items()}


def _write_shop(parameters: Parameters, folder: Path) -> None:
    (folder / "shop.yml").write_text(
        "shop: demo\n"
        f"reporting_currency: {REPORTING_CURRENCY}\n"
        f"reporting_time_zone: {TIME_ZONE}\n"
        f"shop_opened_on: {parameters.opened_on.isoformat()}\n"
        "prices_include_tax: false\n",
        encoding="utf-8",
    )


def _write_truth(
    parameters: Parameters, folder: Path, rows: Counter[str], legal: Counter[tuple[str, str]], dirty: list[Dirty]
) -> None:
    """The small files of the truth; the parameters last, since they say that all is there."""
    truth = folder / TRUTH
    _write_rows(
        truth / "dirty_rows.csv",
        ("table_name", "kind", "row_count", "expected_fate", "source_file"),
        [(each.table, each.kind, each.row_count, each.expected_fate, each.source_file) for each in dirty],
    )
    _write_rows(
        truth / "legal_rows.csv",
        ("table_name", "kind", "row_count"),
        [(table, kind, count) for (table, kind), count in sorted(legal.items()) if count],
    )
    _write_rows(
        truth / "channels.csv",
        ("channel", "share", "cost_per_customer", "rate", "dropout", "spend", "returns", "coupon"),
        [
            (
                each.name,
                each.share,
                each.cost_per_customer,
                each.rate,
                each.dropout,
                each.spend,
                each.returns,
                each.coupon,
            )
            for each in CHANNELS
        ],
    )
    record = {"parameters": parameters.as_json(), "rows": dict(sorted(rows.items()))}
    (truth / "parameters.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
