"""Pools are shared to the cent however large the numbers: the models' own SQL beside Python's whole numbers.

Where numbers are small enough, the engine goes by doubles and is set right (macros/engines.sql); these here lie on both
sides of where that ends, and where a double would say the wrong cent.
"""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal
from random import Random

import duckdb
import pytest

from orchestration import compiled

MONTH = date(2024, 1, 1)

BY_COST = 10**11
"""A standard cost in whole numbers; capacity is in 10^7."""

Sharer = tuple[str, int]
"""A customer, and a weight as a whole number."""


@pytest.fixture(scope="module")
def sql() -> str:
    """The compiled SQL of fct_pool_costs."""
    return compiled.compile_project({"shop": "demo"}).nodes["fct_pool_costs"].sql


def largest_remainder(cents: int, sharers: list[Sharer]) -> dict[str, int]:
    """Hamilton's rule in whole numbers: cents by customer, of those who have a weight."""
    total = sum(weight for _, weight in sharers)
    shares = {customer: cents * weight // total for customer, weight in sharers}
    in_order = sorted(sharers, key=lambda one: (-(cents * one[1] % total), one[0]))
    for customer, _ in in_order[: cents - sum(shares.values())]:
        shares[customer] += 1
    return {customer: shares[customer] for customer, weight in sharers if weight}


def shared(sql: str, pools: dict[str, tuple[int, int, list[Sharer]]]) -> dict[str, dict[str, int]]:
    """The same by the model: of each pool its cents, how many of its weights make one, and its sharers."""
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        compiled.open_warehouse(connection)
        connection.execute("create schema core")
        connection.execute(
            "create table core.fct_pool_months (month date, pool text, statement_line text, cost_basis text, "
            "is_shared_by_standard_cost boolean, assigned decimal(18, 2), capacity_used decimal(28, 7), "
            "standard_cost decimal(25, 11))"
        )
        connection.execute(
            "create table core.fct_pool_units (customer_id text, month date, pool text, "
            "capacity_used decimal(28, 7), standard_cost decimal(25, 11))"
        )
        for pool, (cents, unit, sharers) in pools.items():
            capacity, cost = of_unit(sum(weight for _, weight in sharers), unit)
            connection.execute(
                "insert into core.fct_pool_months values (?, ?, 'overhead', 'actual', ?, ?, ?, ?)",
                [MONTH, pool, unit == BY_COST, Decimal(cents) / 100, capacity, cost],
            )
            connection.executemany(
                "insert into core.fct_pool_units values (?, ?, ?, ?, ?)",
                [[customer, MONTH, pool, *of_unit(weight, unit)] for customer, weight in sharers],
            )
        found: dict[str, dict[str, int]] = {pool: {} for pool in pools}
        for pool, customer, amount in connection.execute(f"select pool, customer_id, amount from ({sql})").fetchall():
            found[pool][customer] = int(amount * 100)
        return found


def of_unit(weight: int, unit: int) -> tuple[Decimal, Decimal]:
    """A weight as capacity and standard cost, of which one counts."""
    return (Decimal(0), Decimal(weight) / unit) if unit == BY_COST else (Decimal(weight) / unit, Decimal(0))


def test_a_double_that_says_a_cent_too_many_is_set_right(sql: str) -> None:
    """Shares that lack next to nothing of a whole cent are rounded over it by a double."""
    cents, weight, total = 797_027_178_018_695, 555_841_839_125_187, 722_463_149_772_052
    assert int(float(cents * weight) / float(total)) == cents * weight // total + 1
    sharers = [("a", weight), *((f"b{number}", part) for number, part in enumerate((total - weight - 2, 1, 1)))]
    assert shared(sql, {"pool": (cents, 10**7, sharers)}) == {"pool": largest_remainder(cents, sharers)}


@pytest.mark.parametrize("unit", [10**7, BY_COST])
def test_shares_are_those_of_whole_numbers(sql: str, unit: int) -> None:
    """Random pools of a cent up to a hundred billions, weights up to a hundred quintillions, ties among them."""
    chance = Random(unit)
    pools = {}
    for number in range(150):
        size, many = chance.choice((2, 9, 16, 20)), chance.randrange(1, 9)
        weights = [chance.choice((0, 1, chance.randrange(10**size))) for _ in range(many)]
        if any(weights):
            sharers = [(f"c{place}", weight) for place, weight in enumerate(weights)]
            pools[f"p{number}"] = (chance.randrange(1, 10 ** chance.choice((1, 6, 12, 16))), unit, sharers)
    assert shared(sql, pools) == {pool: largest_remainder(cents, those) for pool, (cents, _, those) in pools.items()}
    assert len(pools) > 100
