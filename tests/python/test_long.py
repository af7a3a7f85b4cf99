"""What takes minutes: `make test-long`. Each test says what it did."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import Shop, published, reconciles, refresh

from orchestration import second_engine
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.paths import Home

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def truth_differs(shop: Shop, folder: Path) -> list[tuple]:
    """Customer-months whose sales, discounts, refunds or cost of goods are not the generator's, to two cents."""
    shop_file = next(shop.home.current.glob("*.duckdb"))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{shop_file}' as published (read_only)")
        return connection.execute(
            f"""
            with truth as (
                select
                    resolved_customer_id as customer_id,
                    month,
                    sum(gross_sales) as gross_sales,
                    sum(discounts) as discounts,
                    sum(refunds) as refunds,
                    sum(cogs) as cogs
                from read_parquet('{folder}/_truth/customer_months/*.parquet')
                where customer_id is not null
                group by all
            )

            select truth.customer_id, truth.month
            from truth
            left join published.marts.customer_profit_monthly as built using (customer_id, month)
            where
                abs(truth.gross_sales - coalesce(built.gross_sales, 0)) > 0.02
                or abs(truth.discounts - coalesce(built.discounts, 0)) > 0.02
                or abs(truth.refunds - coalesce(built.refunds, 0)) > 0.02
                or abs(truth.cogs - coalesce(built.cogs, 0)) > 0.02
            """
        ).fetchall()


def test_the_demo_shop_as_it_comes(tmp_path: Path, build_shop: Callable[..., Shop]) -> None:
    """The default size: every customer-month is the true one, and a second night without new files changes nothing."""
    generate(tmp_path / "input", progress=lambda line: None)
    shop = build_shop(tmp_path / "input")
    assert reconciles(shop)
    assert not truth_differs(shop, tmp_path / "input")
    before = published(shop)
    started = time.perf_counter()
    done = refresh(shop.home.root, "--input", str(tmp_path / "input"))
    assert done.returncode == 0, done.stderr
    assert published(shop) == before
    print(f"the demo shop again: {time.perf_counter() - started:.0f} s, {len(before)} marts the same")


def test_both_engines_build_the_same_marts(tmp_path: Path) -> None:
    """Staging, core and the marts on profit, acquisition, retention and segments: equal on Spark, row by row."""
    if shutil.which("java") is None:
        pytest.skip("needs Java, which is not on this machine")
    generate(tmp_path / "input", customers=150, years=2, progress=lambda line: None)
    home = Home((tmp_path / "home").resolve())
    land(tmp_path / "input", home, progress=lambda line: None)
    for target in ("duckdb", "spark"):
        second_engine.build(home, target)
    found = second_engine.compare(home)
    assert not found.differences
    assert found.tables >= 75
    print(f"{found.tables} tables with {found.rows:,} rows are the same on both engines")


def test_a_million_order_lines(tmp_path: Path, build_shop: Callable[..., Shop]) -> None:
    """A shop of a million lines is green from its files to its page, and true to the cent."""
    made = generate(tmp_path / "input", lines=1_000_000, progress=lambda line: None)
    started = time.perf_counter()
    shop = build_shop(tmp_path / "input")
    seconds = time.perf_counter() - started
    assert made.lines > 900_000
    assert reconciles(shop)
    assert not truth_differs(shop, tmp_path / "input")
    print(f"{made.lines:,} order lines, {sum(made.rows.values()):,} rows in all: {seconds:.0f} s from files to page")
