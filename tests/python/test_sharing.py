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
from conftest import ONE_THREAD

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
    with closing(duckdb.connect(config=ONE_THREAD)) as connection:
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


NEARLY_A_CENT = {
    936_652_808_414_379: "984736373622221 553237328 23864499 750054967 885362004 900936964 532619898 "
    "400815207 241806315 659004680 483781456 328855085 326438146 85093818 "
    "718021659 119574206 322037280 691866397 305903338 65597035",
    988_359_761_322_941: "943580414840509 725376355 407769146 919615404 322273166 96032590 474629936 "
    "350254351 334005135 72989705 576594131 681078743 164414760 592651599 "
    "24826848 152757842 541987125 375013378 935533645 483420477",
}
"""Cents and weights: nineteen small shares lack a little less of a cent each than the large one, which gets rounded."""


@pytest.mark.parametrize("cents", NEARLY_A_CENT)
def test_a_cent_too_many_that_a_double_says_is_taken_back(sql: str, cents: int) -> None:
    """It would be missing where it belongs: only among so many that lack less is it not the next to get one anyhow."""
    weights = [int(weight) for weight in NEARLY_A_CENT[cents].split()]
    assert int(float(cents * weights[0]) / float(sum(weights))) == cents * weights[0] // sum(weights) + 1
    sharers = [(f"c{place:02}", weight) for place, weight in enumerate(weights)]
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
