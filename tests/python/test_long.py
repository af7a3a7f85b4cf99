"""What takes minutes: `make test-long`. Each test says what it did."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from conftest import Shop, published, reconciles, refresh
from test_lifetime_value import drawn

from orchestration import second_engine
from orchestration.benchmark import floor
from orchestration.demo_shop import generate
from orchestration.landing import land
from orchestration.lifetime_value import Histories, expected_purchases, fit_buying
from orchestration.paths import Home

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


LINES = {
    "gross_sales": ("sum(gross_sales)", "0.02"),
    "discounts": ("sum(discounts)", "0.02"),
    "refunds": ("sum(refunds)", "0.02"),
    "cogs": ("sum(cogs)", "0.02"),
    # Shares of two pools are rounded to the cent, up or down, besides.
    "fulfilment": (
        "sum(shipping_cost - shipping_charged + shipping_refunded) "
        "+ sum((order_count * 4 + line_count * 0.7) * warehouse + return_count * 8.5 * returns_handling)",
        "0.04",
    ),
    "payment_fees": ("sum(payment_fees + commission)", "0.02"),
    "bad_debt": ("sum(bad_debt)", "0.02"),
    "service": ("sum(service_minutes * customer_service)", "0.01"),
    "loyalty": ("sum(loyalty_cost)", "0.02"),
    "currency_difference": ("sum(currency_difference)", "0.02"),
}
"""Lines of the statement of which the generator knows the truth; minutes are those of the demo shop's `cost_rates`.

How far off they may be: an amount in another currency may be rounded in its own before it is converted.
"""


def truth_differs(shop: Shop, folder: Path) -> list[tuple]:
    """Customer-months of which some line is not what the generator says it truly was, or that it knows nothing of."""
    pools = "warehouse", "returns_handling", "customer_service"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{next(shop.home.current.glob('*.duckdb'))}' as published (read_only)")
        return connection.execute(
            f"""
            with minutes as (
                select
                    cast(month as date) as month,
                    {", ".join(f"max(cost) filter (where pool = '{pool}') as {pool}" for pool in pools)}
                from (
                    select
                        month, pool, try_cast(amount as decimal(20, 4)) / cast(practical_capacity as double) as cost
                    from read_csv('{folder}/cost_pools.csv', all_varchar = true)
                    where practical_capacity is not null
                )
                group by all
            ),

            truth as (
                select resolved_customer_id as customer_id, month,
                    {", ".join(f"{sql} as {line}" for line, (sql, _) in LINES.items())}
                from read_parquet('{folder}/_truth/customer_months/*.parquet')
                left join minutes using (month)
                where customer_id is not null
                group by all
            )

            select customer_id, month, {", ".join(f"truth.{line}, built.{line}" for line in LINES)}
            from truth
            full join (
                from published.marts.customer_profit_monthly where profit_owner = 'customer'
            ) as built using (customer_id, month)
            where {
                " or ".join(
                    f"abs(coalesce(truth.{line}, 0) - coalesce(built.{line}, 0)) > {most} + 1e-9"
                    for line, (_, most) in LINES.items()
                )
            }
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
    """Staging, core and the marts on profit, acquisition, retention, segments, lifetime value: equal on Spark, by row.

    Large enough for past cuts to be judged: every kind of fit is made twice.
    """
    if shutil.which("java") is None:
        pytest.skip("needs Java, which is not on this machine")
    generate(tmp_path / "input", customers=500, years=2, progress=lambda line: None)
    home = Home((tmp_path / "home").resolve())
    land(tmp_path / "input", home, progress=lambda line: None)
    lifetime_value = (
        "path:models/predictions",
        "+path:models/marts/lifetime_value",
        *second_engine.READ_LIFETIME_VALUE,
    )
    second_engine.build(home, "duckdb", (*second_engine.BUILT, *lifetime_value))
    second_engine.build(home, "spark")
    second_engine.build_lifetime_value(home)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        (cuts,) = connection.execute("select count(distinct cut_on) from marts.lifetime_value_validation").fetchone()
    assert cuts >= 2
    found = second_engine.compare(home)
    assert not found.differences
    assert found.tables >= 81
    print(f"{found.tables} tables with {found.rows:,} rows are the same on both engines")


def test_a_million_order_lines(tmp_path: Path, build_shop: Callable[..., Shop]) -> None:
    """A shop of a million lines is green from its files to its page, and true to the cents that rounding may take."""
    made = generate(tmp_path / "input", lines=1_000_000, progress=lambda line: None)
    started = time.perf_counter()
    shop = build_shop(tmp_path / "input")
    seconds = time.perf_counter() - started
    assert made.lines > 900_000
    assert reconciles(shop)
    assert not truth_differs(shop, tmp_path / "input")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{shop.home.warehouse}' as warehouse (read_only)")
        connection.execute("attach ':memory:' as floor")
        floor.make(connection, ("pools", *floor.CHIEF, *floor.BESIDES))
        compared = floor.compare(connection)
    assert not [table for table, (_, differing) in compared.items() if differing]
    rows = sum(rows for rows, _ in compared.values())
    print(f"{rows:,} rows are those of queries written by hand: {', '.join(compared)}")
    print(f"{made.lines:,} order lines, {sum(made.rows.values()):,} rows in all: {seconds:.0f} s from files to page")


@pytest.mark.parametrize(
    ("model", "truth"),
    [
        ("bg_nbd", (0.25, 4.4, 0.79, 2.4)),
        ("mbg_nbd", (0.52, 6.2, 0.89, 1.6)),
        ("pareto_nbd", (0.55, 10.6, 0.61, 11.7)),
    ],
)
def test_a_million_customers_give_back_what_they_were_drawn_from(model: str, truth: tuple[float, ...]) -> None:
    """Grouped to whole weeks as large shops are: parameters within 4 standard errors, totals within 1%."""
    repeats, recency, age, later = drawn(model, truth, 1_000_000, seed=1, ahead=26)
    days = np.where(repeats > 0, np.minimum(np.round(recency * 7), np.round(age * 7)), 0)
    weeks = np.round(age)
    started = time.perf_counter()
    histories = Histories.of(repeats, np.minimum(np.round(days / 7), weeks), weeks)
    fit = fit_buying(model, histories)
    seconds = time.perf_counter() - started
    off = {
        name: (found - value) / fit.standard_errors[name]
        for value, (name, found) in zip(truth, fit.parameters.items(), strict=True)
    }
    exact = Histories.of(repeats, days / 7, age)
    predicted = 0.0
    for part in np.array_split(np.arange(exact.weight.size), 20):
        expected = expected_purchases(fit, exact.repeats[part], exact.recency[part], exact.age[part], 26)
        predicted += float(np.sum(exact.weight[part] * expected))
    print(
        f"{model}: {histories.weight.size:,} distinct histories fitted in {seconds:.1f} s; "
        + ", ".join(f"{name} {errors:+.1f} standard errors" for name, errors in off.items())
        + f"; predicted {predicted:,.0f}, bought {later.sum():,.0f}"
    )
    assert fit.converged and not fit.at_bound
    assert max(abs(errors) for errors in off.values()) < 4
    assert abs(predicted / later.sum() - 1) < 0.01
